import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, envelope, given, planOf, play, text, type Played } from '../../given.ts'
import { NEXT_ACTIONS, type Decision } from '../../log/decision.ts'
import type { Event } from '../../log/event.ts'
import type { StepSpec, WorkflowSpec } from '../../spec/spec.ts'

const TOOLS = { look: { effect: 'read' }, pay: {} } as const

function workflow(step: Partial<StepSpec> = {}, more: Partial<WorkflowSpec> = {}): WorkflowSpec {
  const work = { prompt: 'Work.', tools: ['look', 'pay', 'request_input'], ...step }
  return { workflow: 'w', decisions: 'native', steps: { work }, ...more }
}

const plan = planOf(workflow(), TOOLS)

function of(played: Played, type: Event['type']): readonly Event[] {
  return played.events.filter((event) => event.type === type)
}

const look = envelope('call_tool', { tool_name: 'look', tool_args: { id: 1 } })
const done = envelope('final_answer', { answer: 'All is well.' })

describe('what an envelope leads to (S4.14, S4.16)', () => {
  it('calls the tool that it names, through the same door', () => {
    const played = play(plan, { answers: [look, done] })
    expect(played.ran).toEqual(['look'])
    expect(played.reason).toBe('completed')
    expect(played.state.branch.output).toEqual({ text: 'All is well.' })
  })
  it('asks the user with request_input, where the step has it in scope', () => {
    const ask = envelope('ask_user', { answer: 'Which one?' })
    const played = play(plan, { answers: [ask] })
    expect(played.reason).toBe('needs_input')
    expect(played.state.rest?.message).toBe('Which one?')
    const without = planOf(workflow({ tools: ['look'] }), TOOLS)
    const refused = play(without, { answers: [ask, done] })
    expect(of(refused, 'call.judged')).toMatchObject([{ verdict: 'refuse' }])
    expect(refused.reason).toBe('completed')
  })
  it('hands over to a person whatever the scope', () => {
    const played = play(plan, { answers: [envelope('human_review', { answer: 'Too hot.' })] })
    expect(of(played, 'call.judged')).toMatchObject([
      { tool: 'escalate_to_human', verdict: 'escalate' },
    ])
    expect(['escalated', 'handed_off']).toContain(played.reason)
  })
  it('rests fail_safe in the model’s words, or fails the step as its `fail` says', () => {
    const stuck = envelope('fail_safe', { answer: 'I have no access.' })
    const played = play(plan, { answers: [stuck] })
    expect(played).toMatchObject({ reason: 'fail_safe' })
    expect(played.state.rest?.message).toBe('I have no access.')
    const steps = {
      work: { prompt: 'W.', tools: ['look'], fail: { to: 'sorry' }, next: [] },
      sorry: { prompt: 'Say sorry.' },
    }
    const elsewhere = play(planOf(workflow({}, { steps }), TOOLS), { answers: [stuck, done] })
    expect(elsewhere.state.branch.step).toBe('sorry')
    expect(elsewhere.reason).toBe('completed')
  })
  it.each([
    ['an unknown tool', { tool_name: 'nope' }, 'unknown'],
    ['a tool of another step', { tool_name: 'finish' }, 'scope'],
    ['arguments that do not fit', { tool_name: 'look', tool_args: 'x' }, 'arguments'],
  ])('%s gets its verdict like any call', (_name, called, gate) => {
    const played = play(plan, { answers: [envelope('call_tool', called), done] })
    expect(of(played, 'call.judged')).toMatchObject([{ verdict: 'refuse', gates: [{ gate }] }])
    expect(played.ran).toEqual([])
  })
  it('is one envelope for one call: a message that calls by itself is inferred', () => {
    const played = play(plan, { answers: [[call('look'), call('look')], done] })
    expect(played.ran).toEqual(['look', 'look'])
    expect(played.reason).toBe('completed')
  })
})

describe('routing', () => {
  const words = [text('{"next_action":"call_tool","tool_name":"pay"}')]
  const moved = (decision: Decision): string => {
    const { events } = play(plan, { answers: [] })
    const called = events.slice(
      0,
      events.findIndex(({ type }) => type === 'model.failed'),
    )
    const usage = { input: 0, output: 0, cached: 0 }
    const of = { call: 1, parts: words, finish: 'stop', usage, decision } as const
    const { move } = given(plan, [...called, { type: 'model.answered', ...of }])
    const [event] = move.type === 'record' ? move.events : []
    return event?.type === 'run.rested' ? event.reason : (event?.type ?? move.type)
  }
  const said = { confidence: 1, risk_level: 'low', success_criteria_met: true } as const
  it('goes by the envelope alone, whatever the message looks like', () => {
    expect(moved({ next_action: 'final_answer', ...said, source: 'native' })).toBe('step.completed')
    expect(moved({ next_action: 'fail_safe', ...said, source: 'native' })).toBe('fail_safe')
    expect(moved({ next_action: 'fail_safe', ...said, source: 'inferred' })).toBe('refused')
  })
})

describe('the model’s word on risk (Law 15)', () => {
  const low = planOf(workflow({}, { tools: { pay: { risk: 'low' } } }), TOOLS)
  const high = planOf(workflow({}, { tools: { pay: { risk: 'high' } } }), TOOLS)
  const pay = (risk_level: string): ReturnType<typeof envelope> =>
    envelope('call_tool', { tool_name: 'pay', tool_args: {}, risk_level })
  it('raises the tier of a write, so that a person is asked (S4.17)', () => {
    expect(play(low, { answers: [pay('high')] }).reason).toBe('needs_approval')
    expect(play(low, { answers: [pay('low'), done] }).ran).toEqual(['pay'])
  })
  it('never lowers it', () => {
    expect(play(high, { answers: [pay('low')] }).reason).toBe('needs_approval')
  })
  it('and its confidence decide nothing', () => {
    const sure = envelope('call_tool', { tool_name: 'pay', tool_args: {}, confidence: 1 })
    expect(play(high, { answers: [sure] }).reason).toBe('needs_approval')
    const unsure = envelope('call_tool', { tool_name: 'pay', tool_args: {}, confidence: 0 })
    expect(play(low, { answers: [unsure, done] }).ran).toEqual(['pay'])
  })
})

describe('a malformed envelope (S4.15)', () => {
  it('is sent back once, with what is wrong; a readable one goes on', () => {
    const played = play(plan, { answers: [[text('Sure!')], look, done] })
    expect(of(played, 'decision.rejected')).toMatchObject([
      { call: 1, message: expect.stringContaining('it is not one JSON object') },
    ])
    expect(played.ran).toEqual(['look'])
    expect(played.reason).toBe('completed')
  })
  it('is inferred from the message the second time', () => {
    const played = play(plan, { answers: [[text('Sure!')], [text('All is well.')]] })
    expect(of(played, 'decision.rejected')).toHaveLength(1)
    expect(of(played, 'decision.inferred')).toMatchObject([
      { call: 2, decision: { next_action: 'final_answer', source: 'inferred', confidence: 0.5 } },
    ])
    expect(played.state.branch.output).toEqual({ text: 'All is well.' })
  })
  it.each([['{"next_action":'], ['[1]'], ['```json\n{}\n```'], ['   ']])(
    'is fail_safe where the message is none either: %j',
    (broken) => {
      const played = play(plan, { answers: [[text('Sure!')], [text(broken)]] })
      expect(played.reason).toBe('fail_safe')
      expect(of(played, 'decision.inferred')).toEqual([])
      expect(played.state.rest?.message).toContain('asked again')
    },
  )
  it('goes where the step’s `fail` says', () => {
    const steps = {
      work: { prompt: 'W.', tools: ['look'], fail: { to: 'sorry' }, next: [] },
      sorry: { prompt: 'Say sorry.' },
    }
    const bad = [text('{')]
    const played = play(planOf(workflow({}, { steps }), TOOLS), { answers: [bad, bad, done] })
    expect(of(played, 'step.failed')).toMatchObject([{ reason: 'fail_safe' }])
    expect(played.reason).toBe('completed')
  })
  it('may be sent back again after one that could be read', () => {
    const played = play(plan, { answers: [[text('{')], look, [text('{')], done] })
    expect(of(played, 'decision.rejected')).toHaveLength(2)
    expect(played.reason).toBe('completed')
  })
  it('uses up an iteration of the step each time', () => {
    const short = planOf(workflow({ budget: { iterations: 1 } }), TOOLS)
    expect(play(short, { answers: [[text('{')], [text('closing')]] }).reason).toBe(
      'iteration_limit_exceeded',
    )
  })
})

describe('whatever models answer', () => {
  const names = ['look', 'pay', 'request_input', 'nope', '']
  const answers = fc.array(
    fc.oneof(
      fc.constantFrom(...NEXT_ACTIONS).chain((action) =>
        fc
          .record({
            tool_name: fc.constantFrom(...names),
            tool_args: fc.oneof(fc.constant(null), fc.constant({}), fc.constant({ id: 1 })),
            answer: fc.constantFrom(null, '', 'words', 3),
            confidence: fc.constantFrom(0, 0.4, 1, 2),
          })
          .map((more) => envelope(action, more)),
      ),
      fc.constantFrom('', '{', 'words', '[]').map((words) => [text(words)]),
      fc.constantFrom(...names).map((name) => [call(name)]),
    ),
    { maxLength: 12 },
  )
  const doubt = { mode: 'native', doubt: { below: 0.5, turns: 2 } } as const
  const doubtful = planOf(workflow({ budget: { iterations: 6 } }, { decisions: doubt }), TOOLS)
  it('a run rests for a reason, and never sends back two in a row', () => {
    fc.assert(
      fc.property(answers, (said) => {
        const { events, reason } = play(doubtful, { answers: said })
        expect(reason).not.toBe('')
        const told = events.filter(({ type }) => /^(?:decision\.|model\.answered)/.test(type))
        const back = told.map(({ type }) => (type === 'decision.rejected' ? 'x' : '-')).join('')
        expect(back).not.toContain('x-x')
      }),
      { numRuns: 150 },
    )
  })
})

describe('a closing answer', () => {
  it('is free text, whatever the workflow says', () => {
    const tight = planOf(workflow({ budget: { iterations: 1 } }), TOOLS)
    const played = play(tight, { answers: [look, [text('That is all I know.')]] })
    expect(of(played, 'model.called').at(-1)).not.toHaveProperty('native')
    expect(of(played, 'decision.rejected')).toEqual([])
    expect(played.reason).toBe('iteration_limit_exceeded')
    expect(played.state.branch.text).toBe('That is all I know.')
  })
})

describe('a step with an output schema', () => {
  const output = {
    type: 'object',
    required: ['total'],
    properties: { total: { type: 'number' } },
  }
  const shaped = planOf(workflow({ output }), TOOLS)
  it('has its answer inside the envelope', () => {
    const played = play(shaped, { answers: [envelope('final_answer', { answer: { total: 3 } })] })
    expect(played.state.branch.output).toEqual({ total: 3 })
  })
  it('sends an answer back that does not fit, as it does any', () => {
    const wrong = envelope('final_answer', { answer: { total: 'three' } })
    const right = envelope('final_answer', { answer: { total: 3 } })
    const played = play(shaped, { answers: [wrong, right] })
    expect(of(played, 'output.rejected')).toHaveLength(1)
    expect(played.reason).toBe('completed')
  })
})
