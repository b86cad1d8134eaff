import { expect, test } from 'vitest'
import { parseScript } from './script.ts'

function parsed(value: unknown): readonly unknown[] {
  const result = parseScript(value)
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.script
}

function issues(value: unknown): readonly string[] {
  const result = parseScript(value)
  if (result.ok) throw new Error('it was accepted')
  return result.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

test('each kind of entry becomes one message', () => {
  expect(
    parsed([
      { call: 'get_customer', args: { id: 'C-7' }, text: 'One moment.' },
      { calls: [{ tool: 'a', args: { x: 1 }, id: 'first' }, { tool: 'b' }] },
      { text: 'Done.' },
      { output: { intent: 'refund' } },
      { parts: [{ type: 'reasoning', text: 'hm', options: { openai: { id: 1 } } }] },
    ]),
  ).toEqual([
    {
      kind: 'answer',
      when: {},
      delayMs: 0,
      finish: 'tool-calls',
      usage: null,
      parts: [
        { type: 'text', text: 'One moment.' },
        { type: 'call', id: null, tool: 'get_customer', args: { id: 'C-7' } },
      ],
    },
    expect.objectContaining({
      parts: [
        { type: 'call', id: 'first', tool: 'a', args: { x: 1 } },
        { type: 'call', id: null, tool: 'b', args: {} },
      ],
    }),
    expect.objectContaining({ finish: 'stop', parts: [{ type: 'text', text: 'Done.' }] }),
    expect.objectContaining({ parts: [{ type: 'text', text: '{"intent":"refund"}' }] }),
    expect.objectContaining({
      parts: [{ type: 'reasoning', text: 'hm', options: { openai: { id: 1 } } }],
    }),
  ])
})

test('usage is read in both spellings; when, delay, finish and errors are kept', () => {
  expect(
    parsed([
      { text: 'a', usage: { input: 5, output: 2, cached: 1 }, when: { step: 's', role: 'r' } },
      { text: 'b', usage: { prompt_tokens: 5, cached_tokens: 3 }, delay_ms: 20, finish: 'length' },
      { error: { code: 429, message: 'slow down', retryable: true, retry_after_seconds: 2 } },
    ]),
  ).toMatchObject([
    { usage: { input: 5, output: 2, cached: 1 }, when: { step: 's', role: 'r' } },
    { usage: { input: 5, output: 0, cached: 3 }, delayMs: 20, finish: 'length' },
    { kind: 'failure', code: '429', retryable: true, retryAfterSeconds: 2 },
  ])
})

test('a member named __proto__ stays an argument', () => {
  const [entry] = parsed(JSON.parse('[{"call":"a","args":{"__proto__":{"admin":true}}}]'))
  expect(JSON.stringify(entry)).toContain('"__proto__":{"admin":true}')
})

test('an unknown key is named with the legal ones, at its own path', () => {
  const [first, second] = issues([{ text: 'a', arg: {}, tools: 1 }])
  expect(first).toMatch(/^0\.arg: unknown key "arg"; did you mean args\? Legal: .*call.*when/)
  expect(second).toMatch(/^0\.tools: unknown key "tools"; /)
  expect(issues([{ call: 'a', when: { steps: 'x' } }])[0]).toMatch(
    /^0\.when\.steps: unknown key "steps"; did you mean step\? Legal: item, role, step/,
  )
  expect(issues([{ calls: [{ name: 'a', tool: 'b' }] }])[0]).toMatch(
    /^0\.calls\.0\.name: unknown key/,
  )
})

test('contradictions, empty entries and later versions are refused in words', () => {
  expect(issues({ text: 'a' })).toEqual([': a script is a list with one entry per model call'])
  expect(issues([{}])[0]).toContain('says nothing; give one of call, calls, text')
  expect(issues([{ call: 'a', output: {} }])[0]).toContain('has call and output')
  expect(issues([{ text: 'a', output: {} }])[0]).toContain('has text and output')
  expect(issues([{ text: 'a', args: {} }])[0]).toContain('args belongs to call')
  expect(issues([{ error: { code: 'x', message: 'y' }, usage: {} }])[0]).toContain('usage belongs')
  expect(issues([{ decision: {} }])[0]).toContain('expected one of')
  expect(issues([{ call: 'a', args: { n: Number.NaN } }])[0]).toContain('0.args: must be JSON')
})
