import { expect, test } from 'vitest'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { givenRuns, type GivenRuns, textAt } from './given-runs.ts'

const WAIT = { headers: { prefer: 'wait=20' } }

const NOTES: WorkflowSpec = {
  workflow: 'notes',
  artifacts: {
    note: { rules: { min_chars: 5 } },
    draft: { verify: { prompt: 'Score.', pass: 7 } },
  },
  steps: [
    { name: 'write', prompt: 'Write.', tools: ['store_artifact'], checkpoint: 'written' },
    { name: 'end', prompt: 'End.' },
  ],
}

const LETTER = 'Dear Ms Grey, your order <b>left</b> today.'

async function written(): Promise<GivenRuns & { readonly run: string }> {
  const script = [
    { call: 'store_artifact', args: { name: 'note', content: `${LETTER} First.` } },
    { call: 'store_artifact', args: { name: 'note', content: LETTER } },
    { text: 'written' },
    { text: 'ended' },
    { text: 'ended' },
  ]
  const given = await givenRuns({ workflow: NOTES, script })
  const { json } = await given.post('/v1/runs', { workflow: 'notes' }, WAIT)
  return { ...given, run: `/v1/runs/${textAt(json, 'id')}` }
}

test('published versions are listed, and come as files that no browser shows', async () => {
  const { get, run } = await written()
  const list = await get(`${run}/artifacts`)
  expect(list.json).toMatchObject({
    data: [
      { artifact: 'note', version: 1 },
      { artifact: 'note', version: 2 },
    ],
  })
  const newest = await get(`${run}/artifacts/note`)
  expect(newest.text).toBe(LETTER)
  expect(newest.headers.get('content-disposition')).toMatch(/^attachment; filename="note-v2\./)
  expect(newest.headers.get('content-security-policy')).toContain('sandbox')
  expect((await get(`${run}/artifacts/note@1`)).text).toBe(`${LETTER} First.`)
  const etag = { headers: { 'if-none-match': newest.headers.get('etag') ?? '' } }
  expect((await get(`${run}/artifacts/note`, etag)).status).toBe(304)
})

test.each([
  ['nota', 'did you mean note?'],
  ['note@3', 'it has 1, 2'],
  ['note?branch=sub', 'no such version in this sub-run'],
  ['draft', 'no published artifact'],
])('what is not there (%s) says what is', async (name, message) => {
  const { get, run } = await written()
  const { status, text } = await get(`${run}/artifacts/${name}`)
  expect(status).toBe(404)
  expect(text).toContain(message)
})

test('a signed link opens one version with no key, unchanged, until it expires', async () => {
  const { get, post, run, app } = await written()
  const made = await post(`${run}/artifacts/note@1/links`, { expires_in: 60 })
  expect(made.status).toBe(201)
  const url = textAt(made.json, 'url')
  expect(url).toMatch(/^\/artifacts\/sha256:[0-9a-f]{64}\?/)
  const open = await app.request(url)
  expect([open.status, await open.text()]).toEqual([200, `${LETTER} First.`])
  for (const forged of [url.replace('version=1', 'version=2'), `${url}&x=1`, url.split('?')[0]]) {
    expect((await app.request(forged ?? '')).status).toBe(403)
  }
  expect((await post(`${run}/artifacts/note/links`, { expires_in: 0 })).status).toBe(400)
  expect((await get(`${run}/artifacts/note/links`)).status).toBe(404)
})

test('what a rewind took back is withheld, from links too', async () => {
  const { get, post, run, app } = await written()
  const { json } = await post(`${run}/artifacts/note/links`, {})
  const back = await post(`${run}/rewind`, { to: 'start' }, WAIT)
  expect(back.status).toBe(200)
  expect((await get(`${run}/artifacts/note`)).status).toBe(404)
  expect((await app.request(textAt(json, 'url'))).status).toBe(404)
})

test('a run of another tenant has nothing for anybody else, on any route', async () => {
  const { get, post, run, store } = await written()
  const before = await store.read(run.slice('/v1/runs/'.length), 0)
  const theirs = { tenant: 'blue', scopes: ['run', 'read', 'approve', 'admin'] as const }
  const paths = ['', '/events', '/approvals', '/checkpoints', '/handoff', '/artifacts']
  for (const path of [...paths, '/artifacts/note', '/events?stream=true']) {
    expect((await get(`${run}${path}`, theirs)).status).toBe(404)
  }
  const bodies: Readonly<Record<string, object>> = {
    input: { message: 'x' },
    results: { results: [{ call: 'c', output: 1 }] },
    approvals: { decision: 'approve' },
    confirmations: { tool: 't', args: {} },
    states: { kind: 'k', facts: {} },
    checkpoints: { name: 'n' },
    rewind: { to: 'start' },
    fork: {},
    cancel: {},
    resume: {},
    settle: { call: 'c', executed: true },
    handoff: {},
    'artifacts/note/links': {},
  }
  for (const [path, body] of Object.entries(bodies)) {
    expect((await post(`${run}/${path}`, body, theirs)).status).toBe(404)
  }
  expect(await store.read(run.slice('/v1/runs/'.length), 0)).toEqual(before)
})
