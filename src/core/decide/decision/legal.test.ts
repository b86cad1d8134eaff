import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { playRandomly } from '../../../../test/random/play.ts'
import { plan as everything } from '../../../../test/random/plan.ts'
import { call, planOf, play, started, text, ToolFailure } from '../../given.ts'
import type { AnswerPart, Event } from '../../log/event.ts'
import { createFold } from '../../log/fold/fold.ts'
import { newCall } from '../../log/fold/batch-call.ts'
import { focus, type State } from '../../log/state.ts'
import type { Json } from '../../spec/json.ts'
import type { Plan, PlanStep } from '../../spec/plan.ts'
import type { GateSpec, ToolChoice, WorkflowSpec } from '../../spec/spec.ts'
import { planOf as planOfBranch } from '../branch-plan.ts'
import { judge } from '../judge.ts'
import { offer, type Offer } from '../scope.ts'
import { legalSet } from './legal.ts'

const TOOLS = { look: { effect: 'read' }, pay: {}, mail: {} } as const

function workflow(gates: Record<string, GateSpec>, more: Partial<WorkflowSpec> = {}): WorkflowSpec {
  const steps = { work: { prompt: 'Work.', tools: ['look', 'mail', 'pay'] } }
  return { workflow: 'w', gates, steps, ...more }
}

/** What is offered at each call of the planner of one run. */
function offers(plan: Plan, answers: readonly (readonly AnswerPart[])[]): readonly Offer[] {
  return offersIn(plan, play(plan, { answers }).events)
}

function offersIn(plan: Plan, events: readonly Event[]): readonly Offer[] {
  const fold = createFold(plan.histories)
  return events.flatMap((event) => {
    fold.add(event)
    if (event.type !== 'model.called' || event.role !== undefined) return []
    const step = plan.steps.get(event.step)
    return step === undefined ? [] : [offer(plan, fold.state, step)]
  })
}

function legal(plan: Plan, answers: readonly (readonly AnswerPart[])[]): readonly string[] {
  return offers(plan, answers).map((each) => each.legal.join(' '))
}

const done = [text('done')]

describe('the legal set of a turn (S4.10)', () => {
  it('lacks what needs a call that has not succeeded', () => {
    const plan = planOf(workflow({ first: { on: ['pay', 'mail'], needs: ['look'] } }), TOOLS)
    expect(legal(plan, [[call('look')], done])).toEqual(['look', 'look mail pay'])
  })

  it('lacks what a condition on facts alone does not allow', () => {
    const open = "get('$.input.open') == true"
    const plan = planOf(workflow({ open: { on: 'pay', allow: open } }), TOOLS)
    expect(legal(plan, [done])).toEqual(['look mail'])
    const said = play(plan, { answers: [done] }, started(plan, { open: true }))
    expect(offersIn(plan, said.events)[0]?.legal).toEqual(['look', 'mail', 'pay'])
  })

  it.each([
    ['reads an argument', { allow: "get('$.args.id') == get('$.input.id')" }],
    ['reads the time, which passes', { allow: "get('$.now') > 99" }],
    ['asks a person', { needs: ['look'], else: 'approve' }],
    ['hands over to one', { needs: ['look'], else: 'escalate' }],
    ['counts by an argument', { limit: { calls: 1, per: '$.args.id' } }],
    ['asks a function', { check: { module: './check.ts' } }],
    ['asks the user', { confirm: true }],
  ] satisfies readonly (readonly [string, Omit<GateSpec, 'on'>])[])(
    'has what a gate holds that %s',
    (_name, gate) => {
      const plan = planOf(workflow({ held: { on: 'pay', ...gate } }), TOOLS)
      expect(legal(plan, [done])).toEqual(['look mail pay'])
    },
  )

  it('lacks what a full limit holds, and has it again once its place is free', () => {
    const plan = planOf(workflow({ once: { on: 'pay', limit: { calls: 1 } } }), TOOLS)
    expect(legal(plan, [[call('pay')], done])).toEqual(['look mail pay', 'look mail'])
    const notDone = play(plan, {
      answers: [[call('pay')], done],
      tools: { pay: () => new ToolFailure('CLOSED', false) },
    })
    expect(offersIn(plan, notDone.events).at(-1)?.legal).toContain('pay')
  })

  it('lacks a tool that keeps failing, until it may be tried again', () => {
    const breaker = { failures: 1, seconds: 1 }
    const tools = { look: {}, mail: {}, pay: { breaker, retry: {} } }
    const plan = planOf(workflow({}, { tools }), TOOLS)
    const { events } = play(plan, {
      answers: [[call('pay')], done],
      tools: { pay: () => new ToolFailure('DOWN', false) },
    })
    expect(offersIn(plan, events).map((each) => each.legal.includes('pay'))).toEqual([true, false])
    const later = events.map((event) =>
      event.seq === events.findLast(({ type }) => type === 'model.called')?.seq
        ? { ...event, at: event.at + 2_000 }
        : event,
    )
    expect(offersIn(plan, later).at(-1)?.legal).toContain('pay')
  })

  it('is empty once the budget of calls is spent', () => {
    const plan = planOf(workflow({}, { budget: { calls: 1 } }), TOOLS)
    expect(legal(plan, [[call('look')], done])).toEqual(['look mail pay', ''])
  })

  it('lacks every write while a required slot is missing', () => {
    const slots = { city: { type: 'text' } } as const
    const tools = ['look', 'pay', 'request_input']
    const spec = {
      slots: { city: { ...slots.city, required: true } },
      steps: [{ prompt: 'W.', tools }],
    }
    const plan = planOf(workflow({}, spec), TOOLS)
    expect(legal(plan, [done])[0]).toBe('look request_input')
    const filled = play(plan, { answers: [done] }, started(plan, { city: 'Bern' }))
    expect(offersIn(plan, filled.events)[0]?.legal).toEqual(['look', 'pay', 'request_input'])
  })

  it('lacks a verification of nothing, and a fourth try of what was refused three times', () => {
    const tools = ['store_artifact', 'verify_artifact', 'artifact_read']
    const artifacts = { note: { verify: { prompt: 'Score.' } } }
    const plan = planOf({ workflow: 'w', artifacts, steps: [{ prompt: 'W.', tools }] })
    const store = [call('store_artifact', { content: 'c' })]
    const report = [text('{"score":9,"feedback":""}')]
    expect(legal(plan, [store, report, done])).toEqual([
      'artifact_read store_artifact',
      'artifact_read store_artifact verify_artifact',
    ])
    const [step] = plan.steps.values()
    const { state } = play(plan, { answers: [store, store, store, done], gate: () => 'no' })
    expect(step === undefined ? null : legalSet(plan, state, step)).toEqual(['artifact_read'])
  })
})

describe('tool choice (S4.10)', () => {
  const step = (choose: ToolChoice | null, scope: 'strict' | 'stable' = 'strict'): Plan =>
    planOf(
      workflow(
        { first: { on: ['mail', 'pay'], needs: ['look'] } },
        {
          scope,
          steps: [
            {
              prompt: 'W.',
              tools: ['look', 'mail', 'pay'],
              ...(choose === null ? {} : { choose }),
            },
          ],
        },
      ),
      TOOLS,
    )
  const chosen = (plan: Plan): readonly unknown[] =>
    offers(plan, [[call('look')], done]).map(({ choose }) => choose)

  it('one legal tool where one must be called is that tool', () => {
    expect(chosen(step('required'))).toEqual([{ tool: 'look' }, 'required'])
    expect(chosen(step('required', 'stable'))).toEqual([{ tool: 'look' }, 'required'])
  })
  it('stays free where a model may also answer', () => {
    expect(chosen(step('auto'))).toEqual(['auto', 'auto'])
    expect(chosen(step(null))).toEqual(['auto', 'auto'])
  })
  it('asks for no tool that is not legal yet', () => {
    expect(chosen(step({ tool: 'pay' }))).toEqual(['auto', { tool: 'pay' }])
  })
  it('is none where none is legal, and the model answers in text', () => {
    const gates = { shut: { on: ['look'], needs: ['pay'] } }
    const steps = [{ prompt: 'W.', tools: ['look'], choose: 'required' as const }]
    const plan = planOf(workflow(gates, { steps }), TOOLS)
    const [first] = offers(plan, [done])
    expect(first).toMatchObject({ legal: [], choose: 'none', tools: [] })
    expect(play(plan, { answers: [done] }).reason).toBe('completed')
  })
  it('a phase whose calls are spent rests for its budget: no text could end it', () => {
    const steps = [{ prompt: 'W.', tools: ['look', 'pay'], choose: 'required' as const }]
    const plan = planOf(workflow({}, { steps, budget: { calls: 1 } }), TOOLS)
    expect(play(plan, { answers: [[call('look')], done] }).reason).toBe('budget_exceeded')
  })
  it('sends the same tools at every call under stable; only what is legal narrows', () => {
    const made = offers(step('auto', 'stable'), [[call('look')], done])
    expect(made.map(({ tools }) => tools.map(({ name }) => name))).toEqual([
      ['look', 'mail', 'pay'],
      ['look', 'mail', 'pay'],
    ])
    expect(made.map((each) => each.legal.length)).toEqual([1, 3])
  })
})

describe('a refusal (S4.11)', () => {
  it('names the tool, the step and what is legal now, sorted', () => {
    const gates = { first: { on: ['mail', 'pay'], needs: ['look'] } }
    const plan = planOf(workflow(gates), TOOLS)
    const { events } = play(plan, { answers: [[call('pay'), call('look'), call('nope')], done] })
    const said = events.flatMap((event) =>
      event.type === 'call.judged' && event.verdict === 'refuse' ? [event.message] : [],
    )
    expect(said[0]).toMatch(/refuse by gate first: .*Legal tools here: look\.$/)
    expect(said[1]).toMatch(/no tool "nope" \(legal: look\).*Legal tools here: look\.$/)
  })
  it('is judged as ever: what is not in the set gets its gate’s reason', () => {
    const plan = planOf(workflow({ once: { on: 'pay', limit: { calls: 1 } } }), TOOLS)
    const { events } = play(plan, { answers: [[call('pay')], [call('pay')], done] })
    const last = events.findLast((event) => event.type === 'call.judged')
    expect(last).toMatchObject({ gates: [{ gate: 'scope' }, { gate: 'once', verdict: 'refuse' }] })
  })
})

const ARGS: readonly Json[] = [
  {},
  { id: 0 },
  { id: 1 },
  { id: 2, question: 'q' },
  { id: 9, name: 'note', content: 'c' },
  'x',
  null,
]

/** The tools of a step that are not legal and that some arguments would get through the door. */
function missed(plan: Plan, state: State, step: PlanStep): readonly string[] {
  const open = new Set(legalSet(plan, state, step))
  return step.tools
    .filter((name) => !open.has(name))
    .filter((name) => ARGS.some((args) => !isRefused(plan, state, { step, name, args })))
}

function isRefused(
  plan: Plan,
  state: State,
  on: { readonly step: PlanStep; readonly name: string; readonly args: Json },
): boolean {
  const { step, name: tool, args } = on
  const move = judge(plan, state, { step, call: newCall({ id: 'new', tool, args }) })
  // Asking a function first is no refusal, but its gate is not the one that decides here.
  if (move.type === 'perform') return move.effects.every(({ type }) => type === 'run-check')
  const [event] = move.type === 'record' ? move.events : []
  return event?.type === 'call.judged' && event.verdict === 'refuse'
}

/** Whatever happens, at each model call: how many tools were not legal, and which were wrongly so. */
function look(plan: Plan, events: readonly Event[]): { closed: number; wrong: readonly string[] } {
  const fold = createFold(plan.histories)
  const wrong: string[] = []
  let closed = 0
  for (const event of events) {
    fold.add(event)
    if (event.type !== 'model.called' || event.closing) continue
    const state = focus(fold.state, event.branch ?? '')
    const own = planOfBranch(plan, fold.state, state.branch)
    const step = own.steps.get(event.step)
    if (step === undefined) continue
    closed += step.tools.length - legalSet(own, state, step).length
    wrong.push(...missed(own, state, step))
  }
  return { closed, wrong }
}

const PREDICATES: readonly Omit<GateSpec, 'on'>[] = [
  { needs: ['look'] },
  { needs: ['mail', 'pay'] },
  { allow: "count(get('$.tools.look.outputs.all')) > 1" },
  { allow: "get('$.tools.pay.outputs.latest.id') == 1" },
  { allow: "get('$.args.id') == 1" },
  { allow: "get('$.now') > 30" },
  { limit: { calls: 1 } },
  { limit: { calls: 2, per: '$.args.id' } },
  { limit: { calls: 1, per: '$.tools.look.outputs.latest.id' } },
  { from: { id: '$.tools.look.outputs.latest.id' } },
  { confirm: true },
]

const gateSpec = fc
  .record({
    on: fc.uniqueArray(fc.constantFrom('look', 'mail', 'pay'), { minLength: 1 }),
    rules: fc.array(fc.constantFrom(...PREDICATES), { minLength: 1, maxLength: 3 }),
    otherwise: fc.constantFrom('refuse', 'refuse', 'refuse', 'approve', 'escalate'),
  })
  .map(({ on, rules, otherwise }): GateSpec => ({
    on,
    ...Object.assign({}, ...rules),
    else: otherwise,
  }))

const messages = fc.array(
  fc.array(
    fc
      .tuple(fc.constantFrom('look', 'mail', 'pay'), fc.integer({ min: 0, max: 2 }))
      .map(([tool, id]) => call(tool, { id })),
    { minLength: 1, maxLength: 3 },
  ),
  { maxLength: 6 },
)

describe('soundness: what is not legal is refused whatever its arguments', () => {
  it('in random workflows', () => {
    let closed = 0
    const world = fc.record({
      gates: fc.array(gateSpec, { minLength: 1, maxLength: 4 }),
      answers: messages,
      failing: fc.boolean(),
      calls: fc.integer({ min: 1, max: 12 }),
    })
    fc.assert(
      fc.property(world, ({ gates, answers, failing, calls }) => {
        const named = Object.fromEntries(gates.map((gate, index) => [`g${index}`, gate]))
        const breaker = { failures: 1, seconds: 0.01 }
        const tools = { pay: { breaker } }
        const plan = planOf(workflow(named, { tools, budget: { calls, iterations: 9 } }), TOOLS)
        const played = play(plan, {
          answers,
          tools: {
            look: () => ({ id: 1 }),
            pay: () => (failing ? new ToolFailure('DOWN', false) : { id: 1 }),
          },
        })
        const seen = look(plan, played.events)
        closed += seen.closed
        expect(seen.wrong).toEqual([])
      }),
      { numRuns: 300 },
    )
    expect(closed).toBeGreaterThan(100)
  })

  it('whatever the world does', () => {
    const numbers = fc.array(fc.nat({ max: 60_000 }), { minLength: 20, maxLength: 150 })
    fc.assert(
      fc.property(numbers, (chosen) => {
        expect(look(everything, playRandomly(chosen).events).wrong).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
