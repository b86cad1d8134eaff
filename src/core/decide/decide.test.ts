import { describe, expect, it } from 'vitest'
import { call, given, NO_USAGE, planOf, play, started, text, ToolFailure } from '../given.ts'
import type { EventBody } from '../log/event.ts'

const route = planOf(
  {
    workflow: 'route',
    input: { type: 'object', properties: { message: { type: 'string' }, word: {} } },
    budget: { iterations: 3 },
    start: 'triage',
    steps: {
      triage: {
        prompt: 'Classify.',
        output: { type: 'object', required: ['intent'], properties: { intent: {} } },
        next: [
          { to: 'sales', when: "get('$.output.intent') == 'sales'" },
          { to: 'odd', when: "get('$.output.intent')" },
          { to: 'other' },
        ],
      },
      sales: { prompt: 'Sell {{word}}.', reenter: 'triage' },
      odd: { prompt: 'Odd.' },
      other: {
        prompt: 'Work.',
        tools: ['save', 'finish'],
        accept: ["count(get('$.tools.save.outputs.all')) > 0"],
        next: [{ to: 'sales', after: 'save' }],
      },
    },
  },
  { save: {} },
)

const entered = (step: string): readonly EventBody[] => [
  ...started(route),
  { type: 'step.entered', step, visit: 1, message: null, prompt: step },
]
const answered = (
  words: string,
  finish: 'stop' | 'content-filter' = 'stop',
): readonly EventBody[] => [
  { type: 'model.called', call: 1, attempt: 1, step: 'x', closing: false },
  { type: 'model.answered', call: 1, parts: [text(words)], finish, usage: NO_USAGE },
]

describe('a turn', () => {
  it('begins at the start, with the user message where the prompt does not quote it', () => {
    expect(given(route, started(route, { message: 'hi' })).move).toEqual({
      type: 'record',
      events: [
        { type: 'step.entered', step: 'triage', visit: 1, message: 'hi', prompt: 'Classify.' },
      ],
    })
  })
  it('says nothing with a prompt that comes out empty: what was said before stands', () => {
    const plan = planOf({ workflow: 'chat', steps: [{ name: 'answer', prompt: '{{message}}' }] })
    const entry = (message: string): unknown => {
      const { move } = given(plan, started(plan, { message }))
      return move.type === 'record' ? move.events[0] : move
    }
    expect(entry('')).toMatchObject({ message: null, prompt: null })
    expect(entry('hi')).toMatchObject({ message: null, prompt: 'hi' })
  })
  it('begins again where `reenter` says, else where the last one ended (S3.8)', () => {
    const rested: EventBody = { type: 'run.rested', reason: 'completed', message: '' }
    const again: EventBody = { type: 'turn.started', turn: 2, input: { message: 'more' } }
    expect(given(route, [...entered('sales'), rested, again]).move).toMatchObject({
      events: [{ step: 'triage' }],
    })
    expect(given(route, [...entered('odd'), rested, again]).move).toMatchObject({
      events: [{ step: 'odd', visit: 2 }],
    })
  })
  it('ends as transition_failed when a prompt reads what is not there', () => {
    const played = play(route, { answers: [[text('{"intent":"sales"}')]] })
    expect(played.state.rest).toMatchObject({
      reason: 'transition_failed',
      message: expect.stringContaining('word'),
    })
  })
})

describe('transitions (S3.6, S3.7)', () => {
  it('takes the first that holds, and the catch-all otherwise', () => {
    const sales = [...entered('triage'), ...answered('{"intent":"sales"}'), complete('triage')]
    expect(given(route, sales).move).toMatchObject({
      events: [{ type: 'transition.taken', to: 'sales', rule: 0 }],
    })
    const other = [...entered('triage'), ...answered('{"intent":null}'), complete('triage')]
    expect(given(route, other).move).toMatchObject({
      events: [{ type: 'transition.taken', to: 'other', rule: 2 }],
    })
  })
  it('ends the turn on a condition that is neither true nor false, never falling to the catch-all', () => {
    const odd = [...entered('triage'), ...answered('{"intent":"x"}'), complete('triage')]
    expect(given(route, odd).move).toMatchObject({
      events: [{ type: 'run.rested', reason: 'transition_failed' }],
    })
  })
  it("fires `after` once the tool's result is committed and the batch is done", () => {
    const played = play(
      route,
      { answers: [[text('{"intent":false}')], [call('save'), call('save')], [text('bye')]] },
      started(route, { word: 'a' }),
    )
    expect(played.ran).toEqual(['save', 'save'])
    expect(played.state.branch.step).toBe('sales')
    expect(played.reason).toBe('completed')
  })
  it('does not fire `after` on a failure', () => {
    const played = play(route, {
      answers: [[text('{"intent":false}')], [call('save')], [text('a')], [text('b')], [text('c')]],
      tools: { save: () => new ToolFailure('FULL') },
    })
    expect(played.state.branch.step).toBe('other')
  })
})

const complete = (step: string): EventBody => ({
  type: 'step.completed',
  step,
  visit: 1,
  output: 'json',
})

describe('the final text', () => {
  it('goes back when it does not fit the schema, until the calls are spent: invalid_output', () => {
    const played = play(route, {
      answers: [[text('no json')], [text('{"a":1}')], [text('[]')], [text('never asked')]],
    })
    expect(played.reason).toBe('invalid_output')
    expect(played.events.filter((event) => event.type === 'output.rejected')).toHaveLength(3)
  })
  it('goes back while success criteria do not hold, until the calls are spent: criteria_unmet (S0.5)', () => {
    const played = play(route, {
      answers: [[text('{"intent":false}')], [text('done')], [text('done!')], [text('really')]],
    })
    expect(played.reason).toBe('criteria_unmet')
  })
  it('ends as refused when the provider withheld it', () => {
    expect(given(route, [...entered('odd'), ...answered('', 'content-filter')]).move).toMatchObject(
      {
        events: [{ type: 'run.rested', reason: 'refused' }],
      },
    )
  })
  it('is the summary of `finish`', () => {
    const plan = planOf({ workflow: 'f', steps: [{ prompt: 'Go.', tools: ['finish'] }] })
    const played = play(plan, { answers: [[call('finish', { summary: 'all done' })]] })
    expect(played.reason).toBe('completed')
    expect(played.state.branch.output).toEqual({ text: 'all done' })
  })
})

describe('model failures', () => {
  const failed = (retryable: boolean, attempt: number): readonly EventBody[] => [
    ...entered('odd'),
    { type: 'model.called', call: 1, attempt, step: 'odd', closing: false },
    { type: 'model.failed', call: 1, attempt, error: { code: '503', message: 'busy', retryable } },
  ]
  it('are tried again when their class allows, with growing waits', () => {
    expect(given(route, failed(true, 1)).move).toMatchObject({
      events: [{ type: 'model.retried', delayMs: 1000 }],
    })
    expect(given(route, failed(true, 3)).move).toMatchObject({
      events: [{ type: 'model.retried', delayMs: 4000 }],
    })
  })
  it('rest the run as model_failed otherwise, and a resumption calls again', () => {
    expect(given(route, failed(false, 1)).move).toMatchObject({
      events: [{ reason: 'model_failed' }],
    })
    expect(given(route, failed(true, 4)).move).toMatchObject({
      events: [{ reason: 'model_failed' }],
    })
    const resumed: readonly EventBody[] = [
      ...failed(true, 4),
      { type: 'run.rested', reason: 'model_failed', message: '' },
      { type: 'run.resumed' },
    ]
    expect(given(route, resumed).move).toMatchObject({
      events: [{ type: 'model.called', call: 2, attempt: 1 }],
    })
  })
})

describe('a cancellation', () => {
  it('ends the run whatever it was doing, and names a write that was under way', () => {
    const log: readonly EventBody[] = [
      ...entered('other'),
      { type: 'model.called', call: 1, attempt: 1, step: 'other', closing: false },
      {
        type: 'model.answered',
        call: 1,
        parts: [call('save', {}, 's')],
        finish: 'tool-calls',
        usage: NO_USAGE,
      },
      { type: 'call.judged', call: 's', tool: 'save', verdict: 'allow', gates: [] },
      { type: 'tool.dispatched', call: 's', attempt: 1 },
      { type: 'cancel.requested' },
    ]
    expect(given(route, log).move).toMatchObject({
      events: [
        { type: 'run.rested', reason: 'cancelled', message: expect.stringContaining('save') },
      ],
    })
  })
})
