import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { memoryStore } from '../../store/memory.ts'
import { givenServer } from './given-responses.ts'

/*
 * Bodies that nobody should send. Whatever comes, the answer is a response or an error that says what
 * is wrong: never a 500.
 */

const KEYS = [
  'model',
  'provider',
  'steps',
  'messages',
  'input',
  'instructions',
  'system_prompt',
  'tools',
  'tool_choice',
  'text',
  'temperature',
  'max_tokens',
  'max_output_tokens',
  'inputs',
  'personize',
  'session_id',
  'metadata',
  'store',
  'previous_response_id',
  'conversation',
  'reasoning',
  'conversation_signature',
  'remaining_steps',
  'include',
  'max_tool_calls',
  'top_p',
  'llm_api_key',
] as const
const WORDS = [
  '{{x}}',
  '{{#if',
  '{{message}}',
  '\\{{',
  '__proto__',
  'constructor',
  'workflow/x',
  'user',
  'function',
  'look',
  'web_search',
  '<output name="a">',
  '',
  ' ',
  '\u0000',
  '\ud800',
  'x'.repeat(5_000),
  'resp_0123456789abcdef0123456789abcdef_0',
  'c1.ls1.',
  'c1.ls1.a.b.c.d.e',
  '../..',
  '-1',
  '1e999',
] as const

const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 20 }))
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e308),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(word, tie('any'), { maxKeys: 4 }),
  ),
})).any
const part = fc.record(
  { type: fc.constantFrom('input_text', 'input_image', 'x'), text: value },
  { requiredKeys: [] },
)
const item = fc.record(
  {
    type: fc.constantFrom(
      'message',
      'function_call',
      'function_call_output',
      'reasoning',
      'item_reference',
      'compaction',
      'x',
    ),
    role: fc.constantFrom('user', 'assistant', 'system', 'tool', 'x'),
    content: fc.oneof(word, fc.array(part, { maxLength: 2 }), value),
    call_id: fc.constantFrom('c1', 'c2', 'c1.ls1.zz', ''),
    id: word,
    name: word,
    arguments: fc.oneof(word, fc.constant('{}')),
    output: fc.oneof(word, value),
    encrypted_content: word,
    tool_calls: fc.array(fc.record({ id: word, name: word, args: value }, { requiredKeys: [] }), {
      maxLength: 2,
    }),
    tool_call_id: fc.constantFrom('c1', 'c2'),
  },
  { requiredKeys: [] },
)
const step = fc.record(
  {
    prompt: fc.oneof(word, value),
    tools: fc.array(word, { maxLength: 3 }),
    max_steps: fc.integer(),
    order: fc.integer(),
  },
  { requiredKeys: [] },
)
const tool = fc.record(
  {
    type: fc.constantFrom('function', 'mcp'),
    name: word,
    parameters: value,
    function: value,
    description: value,
  },
  { requiredKeys: [] },
)
const shaped = fc.record(
  {
    ...Object.fromEntries(KEYS.map((key) => [key, value])),
    steps: fc.oneof(fc.array(step, { maxLength: 3 }), value),
    messages: fc.oneof(fc.array(item, { maxLength: 4 }), value),
    input: fc.oneof(word, fc.array(item, { maxLength: 4 }), value),
    tools: fc.oneof(
      fc.array(tool, { maxLength: 3 }),
      fc.dictionary(word, tool, { maxKeys: 3 }),
      value,
    ),
  },
  { requiredKeys: [] },
)
/** Few members at once, so that much gets through to what lies behind the schema. */
const few = shaped.chain((body) =>
  fc
    .subarray(Object.keys(body), { maxLength: 4 })
    .map((keys) => Object.fromEntries(Object.entries(body).filter(([key]) => keys.includes(key)))),
)
const sensible = fc.record(
  { input: fc.array(item, { maxLength: 5 }), tools: fc.array(tool, { maxLength: 2 }) },
  { requiredKeys: ['input'] },
)

/** One thing wrong in a request that is good otherwise. */
const nearly = fc
  .tuple(
    few,
    fc.constantFrom(
      { input: 'hi' },
      { steps: [{ prompt: 'hi {{x}}' }, { prompt: 'go on', tools: [] }] },
      { messages: [{ role: 'user', content: 'hi' }] },
    ),
  )
  .map(([body, good]) => ({ ...Object.fromEntries(Object.entries(body).slice(0, 1)), ...good }))

const RUNS = Number(process.env['LOCKSTEP_HOSTILE'] ?? 1_000)

it.each([
  ['without a store', false],
  ['with a store', true],
])(`${RUNS} hostile bodies come to no 500 %s`, async (_, kept) => {
  const codes = new Map<number, number>()
  const given = { script: { answer: answer }, ...(kept ? { store: memoryStore() } : {}) }
  const { post } = givenServer(given)
  await fc.assert(
    fc.asyncProperty(fc.oneof(few, shaped, sensible, nearly, value), async (body) => {
      const { status, body: read } = await post(body)
      codes.set(status, (codes.get(status) ?? 0) + 1)
      expect(status, JSON.stringify(read)).toBeLessThan(500)
      if (status !== 200) {
        expect(read).toMatchObject({
          error: { message: expect.any(String), code: expect.any(String) },
        })
      }
    }),
    { numRuns: RUNS },
  )
  // Both kinds of answers were seen, or this says nothing.
  expect(codes.get(200) ?? 0).toBeGreaterThan(RUNS / 50)
  expect(codes.get(400) ?? 0).toBeGreaterThan(RUNS / 50)
})

async function answer() {
  const usage = { input: 1, output: 1, cached: 0 }
  return { parts: [{ type: 'text', text: 'ok' }], finish: 'stop', usage } as const
}
