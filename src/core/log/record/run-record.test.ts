import { describe, expect, it } from 'vitest'
import { call, planOf, play, text, ToolFailure } from '../../given.ts'
import { runRecord } from './run-record.ts'

const plan = planOf(
  {
    workflow: 'two',
    steps: [
      { name: 'look', prompt: 'Look.', tools: ['find'] },
      { name: 'tell', prompt: 'Tell.', output: { type: 'object' } },
    ],
    gates: { small: { on: 'find', allow: "get('$.args.size') < 9" } },
  },
  { find: { effect: 'read' } },
)

describe('runRecord', () => {
  const played = play(plan, {
    answers: [
      [call('find', { size: 1 }), call('find', { size: 10 }), call('find', { size: 2 })],
      [text('seen')],
      [text('{"a":1}')],
    ],
    tools: {
      find: (args) => (JSON.stringify(args).includes('2') ? new ToolFailure('GONE') : 'it'),
    },
    usage: { input: 10, output: 2, cached: 4 },
  })
  const record = runRecord(played.events)

  it('has one entry per visit of a step, with texts, outputs and usage (S0.18)', () => {
    expect(record.steps.map(({ order, name, text: said }) => ({ order, name, said }))).toEqual([
      { order: 1, name: 'look', said: 'seen' },
      { order: 2, name: 'tell', said: '{"a":1}' },
    ])
    expect(record.steps[1]?.output).toEqual({ a: 1 })
    expect(record.steps[0]?.usage).toEqual({
      prompt_tokens: 20,
      completion_tokens: 4,
      cached_tokens: 8,
    })
    expect(record.usage.prompt_tokens).toBe(30)
  })
  it('gives each call its verdict and its one result', () => {
    expect(record.steps[0]?.tool_calls).toMatchObject([
      { name: 'find', args: { size: 1 }, verdict: 'allow', result: 'it' },
      { name: 'find', args: { size: 10 }, verdict: 'refuse', error: { code: 'refused' } },
      { name: 'find', args: { size: 2 }, verdict: 'allow', error: { code: 'GONE' } },
    ])
  })
  it('lists every verdict of every gate, with the event that holds it (S2.6)', () => {
    const verdicts = record.ledger.filter(({ kind }) => kind === 'call.judged')
    expect(verdicts.map(({ gate, verdict }) => `${gate} ${verdict}`)).toEqual([
      'scope allow',
      'small allow',
      'scope allow',
      'small refuse',
      'scope allow',
      'small allow',
    ])
    for (const { seq, kind } of record.ledger) expect(played.events[seq - 1]?.type).toBe(kind)
  })
  it('says why the run rests, and with what', () => {
    expect(record).toMatchObject({
      reason: 'completed',
      output: { a: 1 },
      step: 'tell',
      events: played.events.length,
    })
  })
})
