import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inferDecision, NEXT_ACTIONS, readEnvelope, readReport } from './decision.ts'
import type { AnswerPart, FinishReason } from './event-parts.ts'

const call = (tool: string): AnswerPart => ({ type: 'call', id: 'c', tool, args: { id: 1 } })
const text = (words: string): AnswerPart => ({ type: 'text', text: words })
const thought: AnswerPart = { type: 'reasoning', text: 'I would call refund.' }

describe('inferDecision (S4.15)', () => {
  const table: readonly (readonly [string, readonly AnswerPart[], FinishReason, object])[] = [
    ['a call', [call('look')], 'tool-calls', { next_action: 'call_tool', tool_name: 'look' }],
    ['the first of several', [call('a'), call('b')], 'tool-calls', { tool_name: 'a' }],
    ['a call after words', [text('Wait.'), call('look')], 'stop', { next_action: 'call_tool' }],
    ['a question', [call('request_input')], 'tool-calls', { next_action: 'ask_user' }],
    ['another', [call('request_input_from_user')], 'tool-calls', { next_action: 'ask_user' }],
    ['an escalation', [call('escalate_to_human')], 'stop', { next_action: 'human_review' }],
    ['a text', [text('Done.')], 'stop', { next_action: 'final_answer' }],
    [
      'a text that looks like JSON',
      [text('{"next_action":"call_tool"}')],
      'stop',
      { next_action: 'final_answer' },
    ],
    ['a text cut off', [text('Do')], 'length', { next_action: 'final_answer' }],
    ['nothing', [], 'stop', { next_action: 'final_answer' }],
    ['thoughts alone', [thought], 'stop', { next_action: 'final_answer' }],
    ['what was withheld', [], 'content-filter', { next_action: 'fail_safe' }],
    ['half of it withheld', [text('Do')], 'content-filter', { next_action: 'fail_safe' }],
    ['a call withheld', [call('look')], 'content-filter', { next_action: 'call_tool' }],
  ]
  it.each(table)('%s', (_name, parts, finish, expected) => {
    expect(inferDecision(parts, finish)).toMatchObject(expected)
  })
  it('is neither sure nor done, and lowers no tier, whatever the message', () => {
    for (const [, parts, finish] of table) {
      expect(inferDecision(parts, finish)).toMatchObject({
        confidence: 0.5,
        risk_level: 'low',
        success_criteria_met: false,
        source: 'inferred',
      })
    }
  })
})

const SAID = { confidence: 0.7, risk_level: 'medium', success_criteria_met: false }
const read = (envelope: object): ReturnType<typeof readEnvelope> =>
  readEnvelope(JSON.stringify({ ...SAID, ...envelope }))

describe('readEnvelope (S4.14)', () => {
  it.each([
    [
      { next_action: 'call_tool', tool_name: 'look', tool_args: { id: 1 } },
      { type: 'call', id: '', tool: 'look', args: { id: 1 } },
    ],
    [
      { next_action: 'call_tool', tool_name: 'look' },
      { tool: 'look', args: {} },
    ],
    [{ next_action: 'call_tool', tool_name: 'look', tool_args: null }, { args: {} }],
    [
      { next_action: 'ask_user', answer: 'Which?' },
      { tool: 'request_input', args: { question: 'Which?' } },
    ],
    [
      { next_action: 'ask_user', tool_args: { slots: ['city'] }, answer: null },
      { tool: 'request_input', args: { slots: ['city'] } },
    ],
    [
      { next_action: 'human_review', answer: 'Too hot.' },
      { tool: 'escalate_to_human', args: { reason: 'Too hot.' } },
    ],
    [{ next_action: 'human_review' }, { args: { reason: 'the model asks for a review' } }],
    [
      { next_action: 'final_answer', answer: 'Done.' },
      { type: 'text', text: 'Done.' },
    ],
    [{ next_action: 'final_answer', answer: { total: 3 } }, { text: '{"total":3}' }],
    [{ next_action: 'fail_safe' }, { type: 'text', text: '' }],
  ])('%j', (envelope, part) => {
    const found = read(envelope)
    expect(found).toMatchObject({ ok: true, parts: [part] })
    expect(found.ok && found.decision).toMatchObject({ ...SAID, source: 'native' })
  })

  it('puts a question with the tool that the step has', () => {
    const said = JSON.stringify({ ...SAID, next_action: 'ask_user', answer: 'Which?' })
    const found = readEnvelope(said, { asking: 'request_input_from_user' })
    expect(found).toMatchObject({ parts: [{ tool: 'request_input_from_user' }] })
  })

  it.each([
    [{}, 'next_action'],
    [{ next_action: 'call' }, NEXT_ACTIONS.join(', ')],
    [{ next_action: 'call_tool' }, 'needs `tool_name`'],
    [{ next_action: 'call_tool', tool_name: '' }, 'needs `tool_name`'],
    [{ next_action: 'ask_user' }, 'needs the question'],
    [{ next_action: 'ask_user', answer: '' }, 'needs the question'],
    [{ next_action: 'final_answer', answer: null }, 'needs the answer'],
    [{ next_action: 'final_answer', answer: 'x', confidence: 1.01 }, 'from 0 to 1'],
    [{ next_action: 'final_answer', answer: 'x', confidence: '1' }, 'from 0 to 1'],
    [{ next_action: 'final_answer', answer: 'x', risk_level: 'none' }, 'low, medium or high'],
    [{ next_action: 'final_answer', answer: 'x', success_criteria_met: 1 }, 'true or false'],
  ])('%j is sent back with what would be legal', (envelope, why) => {
    const found = read(envelope)
    expect(found).toMatchObject({ ok: false, message: expect.stringContaining(why) })
  })

  it.each(['', 'Sure!', '[]', 'null', '```json\n{}\n```', '{"next_action":', '{} {}'])(
    'no object is no envelope: %j',
    (words) => {
      expect(readEnvelope(words)).toMatchObject({
        ok: false,
        message: 'Your decision cannot be read: it is not one JSON object.',
      })
    },
  )

  it('never throws, and takes nothing from a prototype', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (words) => {
        expect(typeof readEnvelope(words).ok).toBe('boolean')
      }),
    )
    const inherited = '{"__proto__":{"next_action":"fail_safe","confidence":1}}'
    expect(readEnvelope(inherited).ok).toBe(false)
  })
})

describe('readReport (S4.4)', () => {
  it.each([
    ['{"score":7,"feedback":"dull"}', { score: 7, feedback: 'dull' }],
    ['{"score":1}', { score: 1, feedback: '' }],
    ['{"score":0.9,"feedback":""}', null],
    ['{"score":11,"feedback":""}', null],
    ['{"score":"7"}', null],
    ['seven', null],
  ])('%s', (words, report) => {
    expect(readReport(words)).toEqual(report)
  })
})
