import { describe, expect, it } from 'vitest'
import { call, given, NO_USAGE, planOf, play, started, text, type Played } from '../../given.ts'
import type { Entry, Event, EventBody, Usage } from '../../log/event.ts'
import { fold } from '../../log/fold/fold.ts'
import { focus } from '../../log/state.ts'
import { compile } from '../../spec/compile/compile.ts'
import type { Plan } from '../../spec/plan.ts'
import type { StepSpec, WorkflowSpec } from '../../spec/spec.ts'
import { planOf as planOfBranch } from '../branch-plan.ts'
import { decide } from '../decide.ts'
import { decideBranch } from '../decide-branch.ts'
import type { Move } from '../move.ts'

const MODEL = 'test/model'
const PRICES = { [MODEL]: { input: 1_000_000, output: 2_000_000, cached: 500_000 } }

const work = (spec: Partial<WorkflowSpec>, step: Partial<StepSpec> = {}): Plan =>
  planOf(
    {
      workflow: 'work',
      model: MODEL,
      prices: PRICES,
      steps: { work: { prompt: 'Work.', tools: ['look'], ...step } },
      ...spec,
    },
    { look: { effect: 'read' } },
  )

const entered: EventBody = {
  type: 'step.entered',
  step: 'work',
  visit: 1,
  message: null,
  prompt: 'Work.',
}
const called = (closing = false): EventBody => {
  return { type: 'model.called', call: 1, attempt: 1, step: 'work', closing }
}
const answered = (usage: Partial<Usage>, usd?: number, id = 'l'): EventBody => ({
  type: 'model.answered',
  call: 1,
  parts: [call('look', {}, id)],
  finish: 'tool-calls',
  usage: { ...NO_USAGE, ...usage },
  ...(usd === undefined ? {} : { usd }),
})
const looked: readonly EventBody[] = [
  { type: 'call.judged', call: 'l', tool: 'look', verdict: 'allow', gates: [] },
  { type: 'tool.dispatched', call: 'l', attempt: 1 },
  { type: 'tool.returned', call: 'l', output: {} },
]

/** The move after one answered call with this usage, and its result. */
const after = (plan: Plan, usage: Partial<Usage>, usd?: number): Move => {
  return given(plan, [...started(plan), entered, called(), answered(usage, usd), ...looked]).move
}

const limitOf = (move: Move): Entry | undefined =>
  move.type === 'record' ? move.events.find((event) => event.type === 'limit.reached') : undefined

const limits = (played: Played): readonly string[] =>
  played.events.flatMap((event) =>
    event.type === 'limit.reached' ? [`${event.limit} ${event.span} ${event.allowed}`] : [],
  )

describe('a limit of tool calls', () => {
  const spans = [
    ['step', work({}, { budget: { calls: 2 } }), 'in this step'],
    ['turn', work({ budget: { turn: { calls: 2 } } }), 'in this turn'],
    ['run', work({ budget: { calls: 2 } }), 'in this run'],
  ] as const
  it.each(spans)('over a %s refuses the next dispatch and names the span', (span, plan, words) => {
    const played = play(plan, {
      answers: [[call('look'), call('look'), call('look')], [text('closing')]],
    })
    expect(played.ran).toHaveLength(2)
    expect(limits(played)).toEqual([`calls ${span} 2`])
    expect(played.state.rest).toMatchObject({
      reason: 'budget_exceeded',
      message: `The limit of 2 tool calls ${words} is reached (budget_exceeded), in step work`,
    })
    expect(JSON.stringify(played.state.branch.transcript)).toContain(
      `refuse by gate budget: the limit of 2 tool calls ${words} is reached`,
    )
  })
  it('over a step begins again with its next visit, over a turn with the next turn', () => {
    const again = work({}, { budget: { calls: 1 } })
    const visit2: EventBody = {
      type: 'step.entered',
      step: 'work',
      visit: 2,
      message: null,
      prompt: null,
    }
    const log = [...started(again), entered, called(), answered({}), ...looked, visit2]
    expect(fold(again.histories, numbered(log)).branch.spend.step.calls).toBe(0)
    const turn2: EventBody = { type: 'turn.started', turn: 2, input: {} }
    expect(fold(again.histories, numbered([...log, turn2])).branch.spend).toMatchObject({
      turn: { calls: 0 },
      run: { calls: 1 },
    })
  })
  it('counts retries, and makes none that it does not pay for', () => {
    const plan = planOf(
      { workflow: 'w', budget: { calls: 2 }, steps: { work: { prompt: 'Go.', tools: ['look'] } } },
      { look: { effect: 'read', retry: { BUSY: { tries: 5 } } } },
    )
    const failed: EventBody = {
      type: 'tool.failed',
      call: 'l',
      attempt: 2,
      error: { code: 'BUSY', message: 'busy' },
    }
    const dispatched: EventBody = { type: 'tool.dispatched', call: 'l', attempt: 2 }
    const log = [...started(plan), entered, called(), answered({})]
    const { move } = given(plan, [...log, ...looked.slice(0, 2), dispatched, failed])
    expect(move).toMatchObject({ events: [{ type: 'call.failed', error: { code: 'BUSY' } }] })
  })
})

describe('a limit of tokens', () => {
  const spans = [
    ['step', work({}, { budget: { tokens: 100 } }), 'in this step'],
    ['turn', work({ budget: { turn: { tokens: 100 } } }), 'in this turn'],
    ['run', work({ budget: { tokens: 100 } }), 'in this run'],
  ] as const
  it.each(spans)('over a %s stops before a call that it does not pay for', (span, plan, words) => {
    expect(limitOf(after(plan, { input: 40, output: 10 }))).toMatchObject({
      reason: 'budget_exceeded',
      limit: 'tokens',
      span,
      allowed: 100,
      message: `The limit of 100 tokens ${words} does not pay for another model call: 50 tokens are spent and it takes at least 56 (budget_exceeded). None is made.`,
    })
    expect(limitOf(after(plan, { input: 30, output: 10 }))).toBeUndefined()
  })
  it('makes no call whose whole answer it does not pay for, where the answer has a length', () => {
    const plan = work({ budget: { tokens: 100 } }, { settings: { max_output_tokens: 40 } })
    expect(limitOf(after(plan, { input: 30, output: 10 }))).toMatchObject({ limit: 'tokens' })
    expect(after(plan, { input: 20, output: 10 })).toMatchObject({
      events: [{ type: 'model.called', reserved: { tokens: 60, answer: 40 } }],
    })
  })
  it('allows only as long an answer as it pays for, where the answer has none', () => {
    const plan = work({ budget: { tokens: 100 } })
    expect(after(plan, { input: 20, output: 10 })).toMatchObject({
      events: [{ reserved: { tokens: 70, answer: 50 } }],
    })
  })
  it('counts a long result before it is sent', () => {
    const plan = work({ budget: { tokens: 1_000 } })
    const log = [...started(plan), entered, called(), answered({ input: 20, output: 10 })]
    const long: EventBody = { type: 'tool.returned', call: 'l', output: 'x'.repeat(8_000) }
    expect(limitOf(given(plan, [...log, ...looked.slice(0, 2), long]).move)).toMatchObject({
      limit: 'tokens',
    })
  })
  it('gives no closing answer: it would be spent as well', () => {
    const played = play(work({ budget: { tokens: 100 } }), {
      answers: [[call('look')], [call('look')], [text('never asked')]],
      usage: { input: 30, output: 10, cached: 0 },
    })
    expect(played.reason).toBe('budget_exceeded')
    expect(played.state.modelCalls).toBe(2)
  })
})

describe('a limit of USD', () => {
  const spans = [
    ['step', work({}, { budget: { usd: 100 } })],
    ['turn', work({ budget: { turn: { usd: 100 } } })],
    ['run', work({ budget: { usd: 100 } })],
  ] as const
  it.each(spans)('over a %s stops before a call that it does not pay for', (span, plan) => {
    // 20 tokens in at 1 USD each, and at least 16 out at 2 USD each.
    expect(limitOf(after(plan, { input: 20 }, 50))).toMatchObject({ limit: 'usd', span })
    expect(after(plan, { input: 20 }, 40)).toMatchObject({
      events: [{ type: 'model.called', reserved: { tokens: 40, usd: 60, answer: 20 } }],
    })
  })
  it('stops where the price of the model is not known, before anything is spent', () => {
    const plan = work({ budget: { usd: 1 } })
    const other: EventBody = { type: 'run.resumed', model: 'test/other' }
    expect(limitOf(given(plan, [...started(plan), entered, other]).move)).toMatchObject({
      limit: 'usd',
      message: expect.stringContaining('what test/other costs is not known'),
    })
  })
})

describe('a limit of seconds', () => {
  const spans = [
    ['step', work({}, { budget: { seconds: 1 } })],
    ['turn', work({ budget: { turn: { seconds: 1 } } })],
    ['run', work({ budget: { seconds: 1 } })],
  ] as const
  const late = (plan: Plan, tail: readonly EventBody[], at = 2_000): Move => {
    const events = numbered([...started(plan), entered, called(), ...tail])
    const last = events.at(-1)
    if (last === undefined) throw new Error('no events')
    return decide(plan, fold(plan.histories, [...events.slice(0, -1), { ...last, at }]))
  }
  it.each(spans)('over a %s refuses a dispatch once it is spent', (span, plan) => {
    expect(late(plan, [answered({})])).toMatchObject({
      events: [{ verdict: 'refuse', gates: [{ gate: 'budget', reason: expect.any(String) }] }],
    })
    expect(late(plan, [answered({})], 900)).toMatchObject({ events: [{ verdict: 'allow' }] })
    expect(limitOf(late(plan, [answered({}), ...looked]))).toMatchObject({ limit: 'seconds', span })
  })
  it('is not waited out in a retry', () => {
    const [, plan] = spans[2]
    const error = { code: '503', message: 'busy', retryable: true }
    const failed: EventBody = { type: 'model.failed', call: 1, attempt: 1, error }
    expect(limitOf(late(plan, [failed]))).toMatchObject({ limit: 'seconds' })
    expect(late(plan, [failed], 900)).toMatchObject({ events: [{ type: 'model.retried' }] })
  })
})

describe('iterations and transitions', () => {
  it('are counted per visit and per turn, and leave room for a closing answer', () => {
    const steps = work({}, { budget: { iterations: 2 } })
    const played = play(steps, { answers: [[call('look')], [call('look')], [text('closing')]] })
    expect(limits(played)).toEqual(['iterations step 2'])
    expect(played.reason).toBe('iteration_limit_exceeded')
    expect(played.state.branch.text).toBe('closing')
    const loop = work({ budget: { transitions: 1 } }, { next: 'work' })
    const looped = play(loop, { answers: [[text('a')], [text('b')], [text('closing')]] })
    expect(limits(looped)).toEqual(['transitions turn 1'])
    expect(looped.reason).toBe('step_transition_limit_exceeded')
  })
  it('skips the closing answer where another budget does not pay for it', () => {
    const plan = work({ budget: { tokens: 100 } }, { budget: { iterations: 2 } })
    const played = play(plan, {
      answers: [[call('look')], [call('look')], [text('never asked')]],
      usage: { input: 30, output: 15, cached: 0 },
    })
    expect(limits(played)).toEqual(['iterations step 2'])
    expect(played.state.modelCalls).toBe(2)
  })
})

describe('sub-runs share the budgets of the run', () => {
  const fan = (budget: WorkflowSpec['budget'], item: Partial<StepSpec> = {}): Plan => {
    const tools = new Map([['look', { about: 'look', input: {}, effect: 'read' as const }]])
    const sub = compile(
      {
        workflow: 'item',
        model: MODEL,
        prices: PRICES,
        steps: { work: { prompt: 'Item.', tools: ['look'], ...item } },
      },
      { tools },
    )
    if (!sub.ok) throw new Error(JSON.stringify(sub.issues))
    const compiled = compile(
      {
        workflow: 'fan',
        ...(budget === undefined ? {} : { budget }),
        steps: { all: { each: [1, 2], run: 'item' } },
      },
      { tools, workflows: new Map([['item', sub.plan]]) },
    )
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues))
    return compiled.plan
  }
  const begun = (plan: Plan): readonly Entry[] => [
    ...started(plan),
    { type: 'step.entered', step: 'all', visit: 1, message: null, prompt: null },
    { type: 'items.listed', step: 'all', items: [1, 2], trusted: true },
    ...['a', 'b'].flatMap((branch, item): readonly Entry[] => [
      {
        type: 'branch.started',
        branch,
        parent: '',
        call: null,
        item,
        workflow: 'item',
        digest: 'item',
        input: {},
        trusted: true,
        instructions: null,
      },
      { ...entered, branch },
    ]),
  ]
  const next = (plan: Plan, events: readonly Entry[], branch = 'b'): Move => {
    const state = focus(fold(plan.histories, numbered([...begun(plan), ...events])), branch)
    return decideBranch(planOfBranch(plan, state, state.branch), state)
  }
  const inA = (...events: readonly EventBody[]): readonly Entry[] =>
    events.map((event) => ({ ...event, branch: 'a' }))
  const inB = (...events: readonly EventBody[]): readonly Entry[] =>
    events.map((event) => ({ ...event, branch: 'b' }))
  const reserving = (tokens: number, usd = 0): EventBody => ({
    type: 'model.called',
    call: 1,
    attempt: 1,
    step: 'work',
    closing: false,
    reserved: { tokens, usd, answer: 50 },
  })

  it('refuses a call in one for what another has spent', () => {
    const plan = fan({ calls: 1 })
    const inSecond = inB(called(), answered({}, undefined, 'm'))
    const log = [...inA(called(), answered({}), ...looked.slice(0, 2)), ...inSecond]
    expect(next(plan, log)).toMatchObject({
      events: [
        {
          verdict: 'refuse',
          gates: [
            { gate: 'budget', reason: 'the limit of 1 tool calls in the whole run is reached' },
          ],
        },
      ],
    })
  })
  it('lets calls overlap as far as tokens are left, and makes the others wait', () => {
    const settings = { max_output_tokens: 50 }
    const roomy = fan({ tokens: 100 }, { settings })
    expect(next(roomy, inA(reserving(50)))).toMatchObject({
      events: [{ type: 'model.called', reserved: { tokens: 50, answer: 50 } }],
    })
    const tight = fan({ tokens: 99 }, { settings })
    expect(next(tight, inA(reserving(50)))).toEqual({ type: 'perform', effects: [] })
  })
  it('goes on with the one that waited once the other has spent less than was set aside', () => {
    const plan = fan({ tokens: 99 }, { settings: { max_output_tokens: 50 } })
    const cheap: EventBody = {
      type: 'model.answered',
      call: 1,
      parts: [text('done')],
      finish: 'stop',
      usage: { input: 5, output: 5, cached: 0 },
    }
    const ended: EventBody = { type: 'run.rested', reason: 'completed', message: '' }
    const log = inA(reserving(50), cheap, ended)
    expect(next(plan, log)).toMatchObject({ events: [{ type: 'model.called' }] })
    const dear = { ...cheap, usage: { input: 10, output: 40, cached: 0 } }
    const spent = inA(reserving(50), dear, ended)
    expect(limitOf(next(plan, spent))).toMatchObject({ limit: 'tokens' })
  })
  it('holds USD together as well, at the price that the sub-workflow gives', () => {
    const plan = fan({ usd: 150 }, { settings: { max_output_tokens: 50 } })
    expect(next(plan, inA(reserving(50, 100)))).toEqual({ type: 'perform', effects: [] })
    const rich = fan({ usd: 200 }, { settings: { max_output_tokens: 50 } })
    expect(next(rich, inA(reserving(50, 100)))).toMatchObject({
      events: [{ type: 'model.called', reserved: { usd: 100 } }],
    })
  })
  it('gives back what was set aside for a sub-run that ended in the middle of a call', () => {
    const plan = fan({ tokens: 99 }, { settings: { max_output_tokens: 50 } })
    const cancelled: EventBody = { type: 'run.rested', reason: 'cancelled', message: '' }
    expect(next(plan, inA(reserving(50), cancelled))).toMatchObject({
      events: [{ type: 'model.called' }],
    })
  })
  it('never overspends, whatever the order in which answers come back', () => {
    for (const seed of [1, 2, 3, 5, 8, 13]) {
      const plan = fan({ tokens: 200 }, { settings: { max_output_tokens: 50 } })
      const looks = Array.from({ length: 9 }, () => [call('look')])
      const played = play(plan, {
        answers: [...looks, [text('a')], [text('b')]],
        usage: { input: 10, output: 30, cached: 0 },
        pick: (effects) => (seed * 7) % effects.length,
      })
      const { input, output, reservedTokens } = played.state.branch.spend.run
      expect(input + output).toBe(160)
      expect(reservedTokens).toBe(0)
      expect(played.events.some((event) => event.type === 'limit.reached')).toBe(true)
    }
  })
  it("does not count a cut-off call's own reserve against its next attempt", () => {
    const plan = fan({ tokens: 60 }, { settings: { max_output_tokens: 50 } })
    const log = [...inA(reserving(50)), { type: 'run.resumed' } as const]
    expect(next(plan, log, 'a')).toMatchObject({ events: [{ type: 'model.called', attempt: 2 }] })
  })
})

function numbered(entries: readonly Entry[]): readonly Event[] {
  return entries.map((entry, index) => ({ v: 1, seq: index + 1, at: index + 1, ...entry }))
}
