import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { givenChat, weatherTool } from './given-chat.ts'

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1e308,
    '',
    ' ',
    '__proto__',
    'constructor',
    '{{message}}',
    '\u0000',
    '\ud800',
    '$.tools.x',
    'workflow/',
    'workflow/toString',
    [],
    {},
    [[]],
    { toString: 1 },
    { length: 3 },
    { role: 'user' },
    JSON.parse('{"__proto__":{"polluted":true}}'),
    JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
)
const or = (usual: unknown): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 30 }, { arbitrary: odd, weight: 1 })

const call = fc.record(
  {
    id: fc.oneof(fc.constantFrom('a', 'b', 'lsc_WyJhIiwiYiJd', ''), odd),
    type: or('function'),
    function: fc.oneof(
      fc.record({ name: or('get_weather'), arguments: or('{"city":"Rome"}') }),
      odd,
    ),
  },
  { requiredKeys: [] },
)
const message = fc.oneof(
  fc.record(
    {
      role: or('user'),
      content: fc.oneof(
        fc.string(),
        fc.array(fc.record({ type: or('text'), text: or('hi'), image_url: odd }), { maxLength: 3 }),
        odd,
      ),
    },
    { requiredKeys: ['role'] },
  ),
  fc.record(
    {
      role: fc.constant('assistant'),
      content: or(null),
      tool_calls: fc.array(call, { maxLength: 3 }),
    },
    { requiredKeys: ['role'] },
  ),
  fc.record({ role: fc.constant('tool'), tool_call_id: or('a'), content: or('sunny') }),
  odd,
)
const schema = fc.oneof(
  fc.constantFrom<unknown>(
    { type: 'object' },
    { type: 'object', properties: { a: { type: 'string', pattern: '(a+)+$' } } },
    { $ref: '#' },
    { $ref: 'https://example.com/x' },
    { type: 'object', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } } },
    { $id: 'https://json-schema.org/draft/2020-12/schema' },
    { type: 'object', additionalProperties: { $dynamicRef: '#x' } },
    { type: 'object', required: 'a' },
    { $async: true },
  ),
  odd,
)
const body = fc.oneof(
  { arbitrary: odd, weight: 1 },
  {
    arbitrary: fc.record(
      {
        model: or('gpt-5-mini'),
        messages: fc.oneof(
          { arbitrary: fc.constant([{ role: 'user', content: 'hi' }]), weight: 3 },
          { arbitrary: fc.array(message, { maxLength: 5 }), weight: 3 },
          { arbitrary: odd, weight: 1 },
        ),
        tools: fc.oneof(
          fc.constant([weatherTool()]),
          fc.array(
            fc.oneof(
              fc.constant(weatherTool()),
              fc.record({
                type: or('function'),
                function: fc.record({ name: or('x'), parameters: schema }),
              }),
            ),
            { maxLength: 3 },
          ),
          odd,
        ),
        tool_choice: or('auto'),
        response_format: fc.oneof(
          fc.constant({ type: 'text' }),
          fc.record({
            type: fc.constantFrom('text', 'json_object', 'json_schema', 'x'),
            json_schema: fc.record({ name: or('x'), schema }),
          }),
          odd,
        ),
        stop: or('x'),
        n: or(1),
        temperature: or(1),
        max_tokens: or(5),
        seed: or(1),
        stream: fc.oneof({ arbitrary: fc.boolean(), weight: 20 }, { arbitrary: odd, weight: 1 }),
        stream_options: or({ include_usage: true }),
        run: or(null),
        inputs: or(null),
        personize: or({ memory: { record_id: 'r' } }),
        server_tools: or([]),
      },
      { requiredKeys: ['messages'] },
    ),
    weight: 9,
  },
)

describe('hostile bodies', () => {
  it('are answered, each with an answer or a clear error', { timeout: 300_000 }, async () => {
    const { post } = await givenChat({ workflows: [{ workflow: 'w', steps: [{ prompt: 'Go.' }] }] })
    const seen = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const written = JSON.stringify(given) ?? 'undefined'
        const { status, text } = await post(written)
        seen.set(status, (seen.get(status) ?? 0) + 1)
        expect(status, written).toBeLessThan(500)
        if (status !== 200) expect(text, written).toMatch(/^\{"error":\{"message":".+/s)
      }),
      { numRuns: RUNS },
    )
    expect(seen.get(200) ?? 0).toBeGreaterThan(RUNS / 100)
    expect(seen.get(400) ?? 0).toBeGreaterThan(RUNS / 100)
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  it('are no JSON at all', async () => {
    const { post } = await givenChat()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect((await post(text)).status).toBe(400)
      }),
      { numRuns: RUNS / 10 },
    )
  })
})

const RUNS = 10_000
