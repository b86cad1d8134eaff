import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { loadOrThrow } from '../../drive/load/find-definition.ts'
import { parseScript } from '../../mind/script.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import { memoryArtifacts } from '../../store/artifact/memory-artifacts.ts'
import { memoryStore } from '../../store/memory.ts'
import { createLog } from '../operation/access-log.ts'
import { createServer } from '../create-server.ts'
import { runsDocs } from './runs-docs.ts'

/*
 * Bodies, paths and headers that nobody sane sends: the answer is never the server's own trouble, and
 * says nothing of how it is built.
 */

const WORK: WorkflowSpec = {
  workflow: 'work',
  input: { type: 'object', properties: { message: { type: 'string' } } },
  tools: { look: { client: true, about: 'Looks.', input: { type: 'object' } } },
  slots: { color: { type: 'text', question: 'Which?' } },
  steps: [{ name: 'act', prompt: 'Act.', tools: ['look', 'request_input'] }],
}

const parsed = parseScript([
  { call: 'look', args: {} },
  ...Array.from({ length: 2_000 }, () => ({ text: 'done' })),
])
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
const server = createServer({
  workflows: [await loadOrThrow(WORK, { tools: {} })],
  store: memoryStore(),
  mind: scriptedMind(parsed.script),
  log: createLog({ level: 'silent' }),
  runtime: { artifacts: memoryArtifacts(), env: {} },
})
afterAll(() => server.close({ graceMs: 1_000, parkMs: 1_000 }))

async function send(
  method: string,
  path: string,
  given: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const { body, headers = {} } = given
  const whole = { host: 'localhost', 'content-type': 'application/json', ...headers }
  const request = { method, headers: whole, ...(body === undefined ? {} : { body }) }
  return server.app.request(`http://localhost${path}`, request)
}

/** A run that waits for something, for all who bother it. */
async function newRun(): Promise<string> {
  const body = JSON.stringify({ workflow: 'work' })
  const response = await send('POST', '/v1/runs', { body, headers: { prefer: 'wait=20' } })
  const made: unknown = await response.json()
  const id: unknown = typeof made === 'object' && made !== null && Reflect.get(made, 'id')
  return String(id)
}

const MEMBERS = (
  'workflow input model session states message slots results call output error decision request ' +
  'reason args tool branch executed name to at migrate fields expires_in kind facts __proto__'
).split(' ')
const WORDS = ['work', 'approve', 'deny', 'start', 'act', 'look', 'call_1_1', 'color', '$.input']

const value = fc.oneof(
  { depthSize: 'small' },
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(...WORDS, 0, -1, 1e308, true, '', '\u0000', '\ud800', [], {}),
)
const body = fc.oneof(
  fc
    .dictionary(fc.constantFrom(...MEMBERS), value, { maxKeys: 4 })
    .map((each) => JSON.stringify(each)),
  fc
    .dictionary(
      fc.constantFrom(...MEMBERS),
      fc.array(fc.dictionary(fc.constantFrom(...MEMBERS), value), { maxLength: 2 }),
    )
    .map((each) => JSON.stringify(each)),
  fc.jsonValue().map((each) => JSON.stringify(each)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '{', '['.repeat(10_000), `{"input":${'['.repeat(500)}${']'.repeat(500)}}`),
)
const header = fc.oneof(
  fc.constantFrom('*', '"1"', 'W/"8"', 'wait=-1', 'wait=0', 'wait=99999999999', 'a b', '0', '1e3'),
  fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '')),
)
const headers = fc.dictionary(
  fc.constantFrom(
    'if-match',
    'if-none-match',
    'idempotency-key',
    'last-event-id',
    'prefer',
    'accept',
  ),
  header,
  { maxKeys: 3 },
)
const segment = fc.oneof(
  fc.constantFrom('work', 'note', 'note@1', 'note@', '@', '%00', '%2e%2e', '..', '%ff', 'sha256:0'),
  fc.string({ maxLength: 30 }).map((text) => encodeURIComponent(text.toWellFormed())),
)
const query = fc.oneof(
  fc.constantFrom(
    '',
    '?limit=1',
    '?limit=1e9',
    '?cursor=%00',
    '?after=99',
    '?until=end',
    '?a=1&a=2',
  ),
  fc.string({ maxLength: 20 }).map((text) => `?${encodeURIComponent(text.toWellFormed())}=1`),
)

test('a thousand of them: no 500, and errors that can be read', async () => {
  const run = await newRun()
  const doc = fc.constantFrom(...runsDocs)
  const one = fc.record({ doc, body, headers, segment, query, isKnown: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(one, async (given) => {
      const { method, path, root } = given.doc
      const filled = path.replaceAll(/:(\w+)/g, (_all, name: string) =>
        name === 'run' && given.isKnown ? run : given.segment,
      )
      const at = `${root === true ? '' : '/v1'}${filled}${given.query}`
      const sent = method === 'get' ? {} : { body: given.body }
      const response = await send(method.toUpperCase(), at, { ...sent, headers: given.headers })
      const isStream = response.headers.get('content-type')?.includes('event-stream') === true
      if (isStream) await response.body?.cancel()
      const text = isStream ? '' : await response.text()
      expect([at, response.status, text]).toEqual([
        at,
        expect.toSatisfy((s: number) => s < 500),
        text,
      ])
      if (response.status < 400) return
      expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String) } })
      expect(text).not.toMatch(/node_modules|\.ts:\d|    at /)
    }),
    { numRuns: 1_000 },
  )
})
