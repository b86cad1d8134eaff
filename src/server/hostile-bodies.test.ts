import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadWorkflow } from '../drive/load/load-workflow.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import { createLog } from './operation/access-log.ts'
import { createServer, type LockstepServer } from './create-server.ts'
import { openapiDocument } from './openapi/openapi-document.ts'

/*
 * Bodies that nobody should send: whatever they are, the answer is one of ours, and never a 5xx.
 */

const RUNS = Number(process.env['LOCKSTEP_HOSTILE'] ?? 40)

const posts: readonly string[] = Object.entries(openapiDocument()['paths'] ?? {}).flatMap(
  ([path, methods]) =>
    typeof methods === 'object' && methods !== null && 'post' in methods ? [path] : [],
)

let server: LockstepServer
let run = ''
const lines: string[] = []
beforeAll(async () => {
  const script = parseScript([{ call: 'request_input', args: { question: 'Which?' } }])
  const loaded = await loadWorkflow({
    workflow: 'greet',
    steps: [{ prompt: 'Greet them.', tools: ['request_input'] }],
  })
  if (!script.ok || !loaded.ok) throw new Error('not as it was given')
  server = createServer({
    workflows: [loaded.workflow],
    store: memoryStore(),
    mind: scriptedMind(script.script),
    model: 'openai/gpt-5-mini',
    log: createLog({ level: 'error', output: { write: (line) => void lines.push(line) } }),
  })
  const started = await send('/v1/runs', JSON.stringify({ workflow: 'greet' }))
  run = /"id":"([^"]+)"/.exec(started.text)?.[1] ?? ''
  expect(run).toMatch(/^local~/)
})
afterAll(() => server.close({ graceMs: 1_000, parkMs: 1_000 }))

async function send(path: string, body: string) {
  const headers = { 'content-type': 'application/json' }
  const response = await server.app.request(path, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

/** Names that routes know, with values that they do not. */
const NAMES = [
  'model',
  'input',
  'messages',
  'steps',
  'tools',
  'stream',
  'tool_choice',
  'conversation',
  'role',
  'conversation_signature',
  'remaining_steps',
  'completed_step_count',
  'previous_response_id',
  'store',
  'response_format',
  'max_tokens',
  'temperature',
  'content',
  'type',
  'text',
  'prompt',
  'order',
  'name',
  'function',
  'parameters',
  'arguments',
  'tool_calls',
  'tool_call_id',
  'call_id',
  'output',
  'workflow',
  'states',
  'session',
  'results',
  'call',
  'approve',
  'decision',
  'request',
  'to',
  'at',
  'id',
  'metadata',
  'memory',
  'personize',
  'outputs',
  'attachments',
  'provider',
  'llm_api_key',
  'system_prompt',
  'run',
  '__proto__',
  'constructor',
  'toString',
  'execute',
  'kind',
  'facts',
  'event',
  'fields',
  'n',
  'stop',
] as const

const leaf = fc.oneof(
  fc.constantFrom(
    '',
    'user',
    'assistant',
    'tool',
    'system',
    'function',
    'message',
    'function_call',
    'input_image',
    'function_call_output',
    'workflow/greet',
    'workflow/__proto__',
    'openai/gpt-5-mini',
    'auto',
    'required',
    'greet',
    'call_1_1',
    '{"a":1}',
    '{',
    '\u0000',
    '\ud800',
    '{{message}}',
    '../../etc/passwd',
    'data:image/png;base64,AAAA',
    'x'.repeat(5_000),
    'lsk_x',
    'resp_0_0',
    'json_schema',
  ),
  fc.constantFrom<unknown>(0, -1, 1e308, -0, 0.1, 2 ** 53, true, false, null, [], {}),
  fc.string(),
)

const { value: hostile } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, leaf, tie('object'), tie('list')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), tie('value'), {
    maxKeys: 6,
  }),
}))

/** A body that a route may take, but for some of it. */
const PLAUSIBLE: readonly object[] = [
  { model: 'workflow/greet', input: 'hello' },
  { model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: 'hello' }] },
  { model: 'openai/gpt-5-mini', steps: [{ prompt: 'hello', tools: ['t'] }] },
  { workflow: 'greet', input: {} },
  { message: 'hello' },
  { results: [{ call: 'call_1_1', output: 1 }] },
]
const nearly = fc
  .tuple(
    fc.constantFrom(...PLAUSIBLE),
    fc.dictionary(fc.constantFrom(...NAMES), hostile, { maxKeys: 3 }),
  )
  .map(([base, more]) => ({ ...base, ...more }))

const text = fc.oneof(
  { weight: 4, arbitrary: nearly.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: hostile.map((value) => JSON.stringify(value) ?? '') },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: nearly.map((value) => JSON.stringify(value).slice(0, -2)) },
)

test.each(posts)('POST %s', async (path) => {
  const at = path.replaceAll('{run}', run).replaceAll(/\{\w+\}/g, 'greet')
  await fc.assert(
    fc.asyncProperty(text, async (body) => {
      const before = lines.length
      const { status, text: answer } = await send(at, body)
      if (status < 500) return
      throw new Error(`${status} ${answer}\n${lines.slice(before).join('')}`)
    }),
    { numRuns: RUNS },
  )
})
