import { describe, expect, it } from 'vitest'
import { call, NO_USAGE, planOf, started } from '../../given.ts'
import type { EventBody, Failure, FailureCategory, Risk } from '../../log/event.ts'
import { fold } from '../../log/fold/fold.ts'
import type { Plan, ToolFacts } from '../../spec/plan.ts'
import type { WorkflowSpec } from '../../spec/spec.ts'
import { decide } from '../decide.ts'
import type { Move } from '../move.ts'

const work = (spec: Partial<WorkflowSpec> = {}, facts: Partial<ToolFacts> = {}): Plan =>
  planOf(
    { workflow: 'w', steps: { work: { prompt: 'Go.', tools: ['look', 'pay'] } }, ...spec },
    { look: { effect: 'read', ...facts }, pay: { effect: 'write', ...facts } },
  )

type Timed = EventBody & { readonly at?: number }

const called = (tool: string, id: string, risk?: Risk): readonly Timed[] => [
  { type: 'model.called', call: 1, attempt: 1, step: 'work', closing: false },
  {
    type: 'model.answered',
    call: 1,
    parts: [call(tool, {}, id)],
    finish: 'tool-calls',
    usage: NO_USAGE,
    ...(risk === undefined ? {} : { risk }),
  },
]
const sent = (id: string): readonly Timed[] => [
  { type: 'call.judged', call: id, tool: 'look', verdict: 'allow', gates: [] },
  { type: 'tool.dispatched', call: id, attempt: 1 },
]
const failing = (id: string, at: number, category?: FailureCategory): readonly Timed[] => {
  const error: Failure = {
    code: 'X',
    message: 'x',
    ...(category === undefined ? {} : { category }),
  }
  return [
    ...called('look', id),
    ...sent(id),
    { type: 'tool.failed', call: id, attempt: 1, error, at },
    { type: 'call.failed', call: id, error },
  ]
}

/** The move after these events; a time holds for the events that follow it. */
function after(plan: Plan, events: readonly Timed[]): Move {
  let now = 0
  const entered: EventBody = {
    type: 'step.entered',
    step: 'work',
    visit: 1,
    message: null,
    prompt: 'Go.',
  }
  const log = [...started(plan), entered, ...events].map((event: Timed, index) => {
    now = event.at ?? now
    return { v: 1 as const, seq: index + 1, ...event, at: now }
  })
  return decide(plan, fold(plan.histories, log))
}

const verdicts = (move: Move): readonly string[] =>
  move.type === 'record'
    ? move.events.flatMap((event) =>
        event.type === 'call.judged'
          ? event.gates.map(({ gate, verdict, reason }) => `${gate} ${verdict}: ${reason}`)
          : [],
      )
    : []

const later = (id: string, at: number): readonly Timed[] =>
  called('look', id).map((event) => ({ ...event, at }))

describe('the breaker', () => {
  const plan = work({ tools: { look: { breaker: { failures: 2, seconds: 10 } } } })
  const broken = [...failing('a', 0), ...failing('b', 5_000)]

  it('is closed until so many failures in a row', () => {
    expect(verdicts(after(plan, [...failing('a', 0), ...later('c', 1)]))).toEqual([
      'scope allow: legal in step work',
    ])
  })
  it('opens then, and says for how long', () => {
    expect(verdicts(after(plan, [...broken, ...later('c', 6_000)]))).toEqual([
      'breaker refuse: look has failed 2 times in a row; it may be tried again in 9 s, once',
    ])
  })
  it('lets one call try once the time is over, and only one', () => {
    expect(verdicts(after(plan, [...broken, ...later('c', 15_000)]))).toEqual([
      'scope allow: legal in step work',
    ])
    const two: Timed = {
      type: 'model.answered',
      call: 1,
      parts: [call('look', {}, 'c'), call('look', {}, 'd')],
      finish: 'tool-calls',
      usage: NO_USAGE,
      at: 15_000,
    }
    expect(verdicts(after(plan, [...broken, two, ...sent('c')]))).toEqual([
      'breaker refuse: look has failed 2 times in a row; a call that tries it again is under way, wait for its result',
    ])
  })
  it('opens again when the trial fails, and closes when it succeeds', () => {
    const failed = [...broken, ...failing('c', 15_000)]
    expect(verdicts(after(plan, [...failed, ...later('d', 16_000)]))[0]).toMatch(/3 times.*in 9 s/)
    const worked: Timed = { type: 'tool.returned', call: 'c', output: {} }
    const trial = [...broken, ...later('c', 15_000), ...sent('c'), worked]
    const again = [...trial, ...failing('d', 15_500), ...later('e', 15_600)]
    expect(verdicts(after(plan, again))).toEqual(['scope allow: legal in step work'])
  })
  it('does not count what the tool is not to blame for', () => {
    for (const category of ['validation', 'business'] as const) {
      const blamed = [...failing('a', 0, category), ...failing('b', 0, category)]
      expect(verdicts(after(plan, [...blamed, ...later('c', 1)]))[0]).toMatch(/^scope allow/)
    }
  })
  it('can be turned off', () => {
    const off = work({ tools: { look: { breaker: false } } })
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((id) => failing(id, 0))
    expect(verdicts(after(off, [...many, ...later('g', 1)]))[0]).toMatch(/^scope allow/)
    expect(verdicts(after(work(), [...many, ...later('g', 1)]))[0]).toMatch(/^breaker refuse/)
  })
})

describe('risk (Law 15)', () => {
  const asked = (plan: Plan, tool: string, risk?: Risk): readonly string[] =>
    verdicts(after(plan, called(tool, 'c', risk))).slice(1)

  it("asks for an approval from the workflow's tier on", () => {
    expect(asked(work({}, { risk: 'medium' }), 'pay')).toEqual([])
    expect(asked(work({ approval: { risk: 'medium' } }, { risk: 'medium' }), 'pay')).toEqual([
      'risk approve: pay is of medium risk',
    ])
  })
  it("is raised by the model's own word for what writes, and for nothing else", () => {
    expect(asked(work(), 'pay', 'high')).toEqual([
      'risk approve: the model says that this is of high risk',
    ])
    expect(asked(work(), 'look', 'high')).toEqual([])
  })
  it("is never lowered by the model's own word", () => {
    expect(asked(work({}, { risk: 'high' }), 'pay', 'low')).toEqual([
      'risk approve: pay is of high risk',
    ])
  })
})
