import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { WorkflowSpec } from '../../../core/spec/spec.ts'
import { givenRuns, type GivenRuns, textAt } from '../given-runs.ts'

const TALK: WorkflowSpec = {
  workflow: 'talk',
  input: { type: 'object', properties: { message: { type: 'string' } } },
  steps: [{ name: 'say', prompt: 'Answer.' }],
}
const SCRIPT = Array.from({ length: 9 }, (_, index) => ({ text: `answer ${index}` }))

async function ran(given: GivenRuns): Promise<string> {
  const wait = { headers: { prefer: 'wait=20' } }
  const { json } = await given.post('/v1/runs', { workflow: 'talk' }, wait)
  return `/v1/runs/${textAt(json, 'id')}`
}

/** The ids of a stream's events, and the names of what has none. */
function idsOf(text: string): readonly string[] {
  return [...text.matchAll(/^(?:id|event): (.*)$/gm)].map(([, id = '']) => id)
}

/** Reads a stream until it has had so many ids, or one of them, and leaves. */
async function take(response: Response, count: number, last = ''): Promise<readonly string[]> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (idsOf(text).length < count && !idsOf(text).includes(last)) {
    const piece = await reader?.read()
    if (piece === undefined || piece.done) break
    text += piece.value
  }
  await reader?.cancel()
  return idsOf(text).slice(0, count)
}

describe('events by pages', () => {
  test('are all there once, from wherever the reader is', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await ran(given)
    const { head } = (await given.get(run)).json
    const seqs: unknown[] = []
    for (let after = 0, more = true; more;) {
      const { json } = await given.get(`${run}/events?after=${after}&limit=3`)
      const { data, has_more: hasMore, next_after: next } = json
      seqs.push(...(Array.isArray(data) ? data.map((each: { seq: unknown }) => each.seq) : []))
      after = Number(next)
      more = hasMore === true
    }
    expect(seqs).toEqual(Array.from({ length: Number(head) }, (_, index) => index + 1))
  })

  test.each(['after=-1', 'after=x', 'limit=0', 'limit=1001', 'until=soon', 'from=1'])(
    'refuses ?%s',
    async (query) => {
      const given = await givenRuns({ workflow: TALK, script: SCRIPT })
      const run = await ran(given)
      expect((await given.get(`${run}/events?${query}`)).status).toBe(400)
    },
  )
})

describe('events as a stream', () => {
  test('are the log, each with its number, and say when there is no more', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await ran(given)
    const head = Number((await given.get(run)).json['head'])
    const asking = { headers: { accept: 'text/event-stream' } }
    const { headers, text } = await given.get(`${run}/events`, asking)
    expect(headers.get('content-type')).toContain('text/event-stream')
    const numbers = Array.from({ length: head }, (_, index) => `${index + 1}`)
    expect(idsOf(text)).toEqual([...numbers, 'stream.ended'])
    expect(text).toContain(`"reason":"completed","head":${head}`)
  })

  test('go on after the last one that a reader had, and 204 once it has all', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await ran(given)
    const head = Number((await given.get(run)).json['head'])
    const from = (id: number) =>
      given.get(`${run}/events?stream=true`, { headers: { 'last-event-id': `${id}` } })
    expect(idsOf((await from(head - 1)).text)).toEqual([`${head}`, 'stream.ended'])
    expect((await from(head)).status).toBe(204)
    expect((await from(head + 1)).status).toBe(400)
  })

  test('lose and double nothing over reconnects, while the run goes on', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await ran(given)
    const turns = (async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        const wait = { headers: { prefer: 'wait=20' } }
        await given.post(`${run}/input`, { message: `turn ${turn}` }, wait)
      }
      return Number((await given.get(run)).json['head'])
    })()
    const seen: string[] = []
    for (let visit = 0; visit < 8; visit += 1) {
      const headers = { 'last-event-id': `${seen.length}` }
      const response = await given.app.request(`${run}/events?stream=true&until=never`, { headers })
      seen.push(...(await take(response, 3)))
    }
    const head = await turns
    const rest = await given.get(`${run}/events?stream=true`, {
      headers: { 'last-event-id': `${seen.length}` },
    })
    seen.push(...idsOf(rest.text).filter((id) => id !== 'stream.ended'))
    expect(seen).toEqual(Array.from({ length: head }, (_, index) => `${index + 1}`))
  })

  test('reach two thousand readers, who look at the store together', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await ran(given)
    let reads = 0
    const { store } = given
    const read = store.read.bind(store)
    store.read = (id, after) => {
      reads += 1
      return read(id, after)
    }
    const path = `${run}/events?stream=true&until=never`
    const responses = await Promise.all(
      Array.from({ length: 2_000 }, async () => given.app.request(path)),
    )
    expect(reads).toBeLessThan(5)
    await given.post(`${run}/input`, { message: 'more' }, { headers: { prefer: 'wait=20' } })
    const head = Number((await given.get(run)).json['head'])
    const all = await Promise.all(responses.map((response) => take(response, head)))
    const numbers = Array.from({ length: head }, (_, index) => `${index + 1}`)
    expect(all.every((ids) => ids.join() === numbers.join())).toBe(true)
  })

  test('bring pieces of text to who asks for them, in their place and without a number', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await ran(given)
    const head = textAt((await given.get(run)).json, 'head')
    const path = `${run}/events?stream=true&until=never&after=${head}`
    const [all, plain] = [
      await given.app.request(`${path}&text=true`),
      await given.app.request(path),
    ]
    await given.post(`${run}/input`, { message: 'more' }, { headers: { prefer: 'wait=20' } })
    const { json } = await given.get(`${run}/events?after=${head}`)
    const events = z.array(z.object({ seq: z.number(), type: z.string() })).parse(json['data'])
    const ids = events.map(({ seq }) => `${seq}`)
    const asked = events.findIndex(({ type }) => type === 'model.called')
    const expected = ids.toSpliced(asked + 1, 0, 'text.delta')
    expect(events[asked + 1]?.type).toBe('model.answered')
    const seen = await take(all, 99, ids.at(-1))
    const collapsed = seen.filter((id, index) => id !== seen[index - 1])
    expect(collapsed).toEqual(expected)
    expect(await take(plain, ids.length)).toEqual(ids)
  })

  test('of a run that waits stay open for what comes; until its rest if that was asked', async () => {
    const ask: WorkflowSpec = {
      ...TALK,
      steps: [{ name: 'ask', prompt: 'Ask.', tools: ['request_input'] }],
    }
    const script = [{ call: 'request_input', args: { question: 'Which?' } }, { text: 'done' }]
    const given = await givenRuns({ workflow: ask, script })
    const run = await ran(given)
    const whole = given.get(`${run}/events?stream=true`)
    const rest = await given.get(`${run}/events?stream=true&until=rest`)
    expect(rest.text).toContain('"reason":"needs_input"')
    await given.post(`${run}/input`, { message: 'this' })
    expect((await whole).text).toContain('"reason":"completed","head"')
  })

  test('end with the server, and with a beat now and then before', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await ran(given)
    const stream = given.get(`${run}/events?stream=true&until=never`)
    await given.background.park(10_000)
    const { text } = await stream
    expect(idsOf(text)).not.toContain('stream.ended')
  })
})
