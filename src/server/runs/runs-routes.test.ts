import { describe, expect, test } from 'vitest'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { givenRuns, textAt } from './given-runs.ts'

const GREET: WorkflowSpec = {
  workflow: 'greet',
  about: 'Says hello.',
  input: {
    type: 'object',
    properties: { message: { type: 'string' } },
    required: ['message'],
  },
  steps: [{ name: 'say', prompt: 'Say hello to {{message}}.' }],
}

const STARTED = { workflow: 'greet', input: { message: 'Bo' } }
const WAIT = { headers: { prefer: 'wait=20' } }

describe('starting a run', () => {
  test('answers 202 with where it is, and the run goes on behind', async () => {
    const { post, get } = await givenRuns({ workflow: GREET })
    const { status, headers, json } = await post('/v1/runs', STARTED)
    expect(status).toBe(202)
    expect(json).toMatchObject({ object: 'run', workflow: 'greet' })
    const place = headers.get('location') ?? ''
    expect(place).toBe(`/v1/runs/${textAt(json, 'id')}`)
    expect(textAt(json, 'id')).toMatch(/^acme~run_[0-9a-f]{32}$/)
    await get(`${place}/events?stream=true`)
    const after = await get(place)
    expect(after.json).toMatchObject({ reason: 'completed', output: { text: 'done' } })
    expect(after.json).toMatchObject({ status: 'ended', head: after.json['events'] })
  })

  test('waits for its rest as long as the caller prefers', async () => {
    const { post } = await givenRuns({ workflow: GREET })
    const { status, headers, json } = await post('/v1/runs', STARTED, WAIT)
    expect(status).toBe(200)
    expect(headers.get('preference-applied')).toBe('wait=20')
    expect(json).toMatchObject({ reason: 'completed', run: json['id'], ledger: [] })
    expect(headers.get('etag')).toBe(`"${textAt(json, 'head')}"`)
  })

  test.each([
    ['no JSON', '{', 'the body is no JSON'],
    ['no object', '[]', 'the body: '],
    ['no workflow', {}, 'workflow: '],
    ['an unknown member', { ...STARTED, inputs: {} }, 'inputs; did you mean input?'],
    ['an input of the wrong shape', { ...STARTED, input: 7 }, 'input: '],
    ['an input that does not fit', { workflow: 'greet', input: {} }, 'the input does not fit'],
  ])('says what is wrong with %s, and starts nothing', async (_, body, message) => {
    const { post, store } = await givenRuns({ workflow: GREET })
    const { status, json } = await post('/v1/runs', body)
    expect(status).toBe(400)
    expect(json).toMatchObject({ error: { type: 'invalid_request_error' } })
    expect(JSON.stringify(json)).toContain(JSON.stringify(message).slice(1, -1))
    expect(await store.list({ limit: 1 })).toEqual([])
  })

  test('of a workflow that is not there says which are', async () => {
    const { post } = await givenRuns({ workflow: GREET })
    const { status, json } = await post('/v1/runs', { workflow: 'great' })
    expect(status).toBe(404)
    expect(json).toMatchObject({ error: { code: 'unknown_workflow', param: 'workflow' } })
    expect(JSON.stringify(json)).toContain('greet')
  })
})

describe('an Idempotency-Key', () => {
  const KEYED = { headers: { 'idempotency-key': 'order-7' } }

  test('begins one run, however often the same is asked, also at once', async () => {
    const { post, store } = await givenRuns({ workflow: GREET })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('/v1/runs', STARTED, KEYED)),
    )
    expect(new Set(answers.map(({ json }) => json['id'])).size).toBe(1)
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 202))
    const again = await post('/v1/runs', STARTED, KEYED)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await store.list({ limit: 9 })).toHaveLength(1)
  })

  test('with another body is a conflict, and another tenant has its own', async () => {
    const { post, store } = await givenRuns({ workflow: GREET })
    await post('/v1/runs', STARTED, KEYED)
    const other = { workflow: 'greet', input: { message: 'Cy' } }
    const conflict = await post('/v1/runs', other, KEYED)
    expect(conflict.status).toBe(409)
    expect(conflict.json).toMatchObject({ error: { code: 'idempotency_conflict' } })
    const theirs = await post('/v1/runs', other, { ...KEYED, tenant: 'blue' })
    expect(theirs.status).toBe(202)
    expect(await store.list({ limit: 9 })).toHaveLength(2)
  })

  test('that is none is refused', async () => {
    const { post } = await givenRuns({ workflow: GREET })
    const keyed = { headers: { 'idempotency-key': 'a b' } }
    expect((await post('/v1/runs', STARTED, keyed)).status).toBe(400)
  })
})

describe('looking at runs', () => {
  test('a run that has not changed is not sent again', async () => {
    const { post, get } = await givenRuns({ workflow: GREET })
    const { json, headers } = await post('/v1/runs', STARTED, WAIT)
    const path = `/v1/runs/${textAt(json, 'id')}`
    const etag = headers.get('etag') ?? ''
    const same = await get(path, { headers: { 'if-none-match': `"1", W/${etag}` } })
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag])
    expect((await get(path, { headers: { 'if-none-match': '"1"' } })).status).toBe(200)
  })

  test('lists the tenant’s own, newest first, page by page', async () => {
    const { post, get } = await givenRuns({ workflow: GREET })
    const ids: unknown[] = []
    for (const tenant of ['acme', 'blue', 'acme', 'acme', 'acme-2']) {
      const { json } = await post('/v1/runs', STARTED, { ...WAIT, tenant })
      if (tenant === 'acme') ids.unshift(json['id'])
    }
    const seen: unknown[] = []
    let cursor = ''
    for (let pages = 0; pages < 9; pages += 1) {
      const { json } = await get(`/v1/runs?limit=2${cursor}`)
      const { data, next_cursor: next } = json
      seen.push(...(Array.isArray(data) ? data.map((run: { id: unknown }) => run.id) : []))
      if (next === null) break
      cursor = `&cursor=${textAt(json, 'next_cursor')}`
    }
    expect(seen).toEqual(ids)
  })

  test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=bm9uZQ', 'limit=1&limit=2', 'page=2'])(
    'refuses ?%s',
    async (query) => {
      const { get } = await givenRuns({ workflow: GREET })
      expect((await get(`/v1/runs?${query}`)).status).toBe(400)
    },
  )

  test('lists what waits for somebody, or for one thing, or of one workflow', async () => {
    const ask: WorkflowSpec = {
      workflow: 'ask',
      steps: [{ name: 'ask', prompt: 'Ask.', tools: ['request_input'] }],
    }
    const script = [{ call: 'request_input', args: { question: 'Which?' } }, { text: 'thanks' }]
    const { post, get } = await givenRuns({ workflow: ask, script })
    const first = textAt((await post('/v1/runs', { workflow: 'ask' }, WAIT)).json, 'id')
    for (let more = 0; more < 3; more += 1) {
      const { json } = await post('/v1/runs', { workflow: 'ask' }, WAIT)
      await post(`/v1/runs/${textAt(json, 'id')}/input`, { message: 'x' }, WAIT)
    }
    for (const query of ['status=waiting', 'reason=needs_input&workflow=ask']) {
      const { json } = await get(`/v1/runs?limit=1&${query}`)
      expect(json).toMatchObject({ data: [{ id: first }], has_more: false, next_cursor: null })
    }
    const ended = await get('/v1/runs?status=ended&limit=2')
    expect(ended.json).toMatchObject({ data: [{}, {}], has_more: true })
    const rest = await get(`/v1/runs?status=ended&cursor=${textAt(ended.json, 'next_cursor')}`)
    expect(rest.json).toMatchObject({ data: [{ status: 'ended' }], has_more: false })
    expect((await get('/v1/runs?workflow=other')).json).toMatchObject({ data: [] })
    expect((await get('/v1/runs?status=waits')).status).toBe(400)
  })

  test('a cursor of another tenant leads nowhere', async () => {
    const { post, get } = await givenRuns({ workflow: GREET })
    await post('/v1/runs', STARTED, WAIT)
    await post('/v1/runs', STARTED, WAIT)
    const { json } = await get('/v1/runs?limit=1')
    const theirs = await get(`/v1/runs?cursor=${textAt(json, 'next_cursor')}`, { tenant: 'blue' })
    expect(theirs.status).toBe(400)
  })

  test('says which workflows there are, and never their prompts', async () => {
    const { get } = await givenRuns({ workflow: GREET })
    const { json } = await get('/v1/workflows')
    expect(json).toMatchObject({ data: [{ name: 'greet', about: 'Says hello.', input: {} }] })
    const one = await get('/v1/workflows/greet')
    expect(one.json).toMatchObject({ start: 'say', steps: [{ name: 'say', tools: [], next: [] }] })
    expect(one.text).not.toContain('Say hello to')
    expect((await get('/v1/workflows/none')).status).toBe(404)
  })
})

describe('a server without a store', () => {
  test('says so', async () => {
    const { server, app } = await givenRuns({ workflow: GREET })
    const { givenApp } = await import('./given-runs.ts')
    const none = givenApp({ ...server, stored: null })
    expect((await none.request('/v1/runs')).status).toBe(404)
    expect((await app.request('/v1/runs')).status).toBe(200)
  })
})
