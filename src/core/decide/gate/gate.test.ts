import { describe, expect, it } from 'vitest'
import {
  call,
  given,
  NO_USAGE,
  planOf,
  play,
  started,
  text,
  ToolFailure,
  type Played,
} from '../../given.ts'
import type { AnswerPart, EventBody, GateOutcome } from '../../log/event.ts'
import type { Json } from '../../spec/json.ts'
import type { GateSpec } from '../../spec/spec.ts'
import { gateContext } from '../context.ts'

/** Plays one act under one gate, after messages that prepare it. */
function act(
  gate: GateSpec,
  args: Json,
  before: readonly (readonly AnswerPart[])[] = [],
  customer: Json = { id: 7, tier: 'gold', tags: ['a'] },
): Played {
  const plan = planOf(
    {
      workflow: 'gated',
      steps: [{ prompt: 'Go.', tools: ['find', 'act'] }],
      gates: { rule: gate },
    },
    { find: { effect: 'read' }, act: { effect: 'write', input: { type: 'object' } } },
  )
  return play(plan, {
    answers: [...before, [call('act', args)], [text('end')]],
    tools: { find: () => customer },
  })
}

function outcome(played: Played): GateOutcome | undefined {
  return played.events
    .flatMap((event) => (event.type === 'call.judged' && event.tool === 'act' ? event.gates : []))
    .findLast((gate) => gate.gate === 'rule')
}

const found = [[call('find')]]

describe('needs', () => {
  it('is met by a committed success in any turn and refuses before it', () => {
    expect(outcome(act({ on: 'act', needs: ['find'] }, {}))).toMatchObject({
      verdict: 'refuse',
      reason: expect.stringContaining('needs a successful find first'),
    })
    expect(outcome(act({ on: 'act', needs: ['find'] }, {}, found))?.verdict).toBe('allow')
  })
  it('is not met by an error', () => {
    const plan = planOf(
      {
        workflow: 'g',
        steps: [{ prompt: 'Go.', tools: ['find', 'act'] }],
        gates: { rule: { on: 'act', needs: ['find'] } },
      },
      { find: { effect: 'read' }, act: {} },
    )
    const played = play(plan, {
      answers: [[call('find')], [call('act')], [text('end')]],
      tools: { find: () => new ToolFailure('NO') },
    })
    expect(played.ran).toEqual(['find'])
  })
})

describe('allow', () => {
  const rule = { on: 'act', allow: "get('$.args.amount') <= 500", else: 'escalate' } as const
  it('holds only for true; false takes the `else`', () => {
    expect(outcome(act(rule, { amount: 500 }))?.verdict).toBe('allow')
    expect(outcome(act(rule, { amount: 500.01 }))?.verdict).toBe('escalate')
    expect(act(rule, { amount: 501 }).reason).toBe('handed_off')
  })
  it.each([
    [{}],
    [{ amount: '500' }],
    [{ amount: null }],
    [{ amount: [1] }],
    [{ amount: { $gt: 0 } }],
  ])('refuses whatever the `else` when it cannot be decided: %j (Law 4)', (args) => {
    expect(outcome(act(rule, args))?.verdict).toBe('refuse')
  })
  it('says what is missing, for whoever made the call', () => {
    expect(outcome(act(rule, {}))?.reason).toBe(
      "cannot be decided (nothing at $.args.amount): get('$.args.amount') <= 500",
    )
  })
  it('refuses a value that is no boolean', () => {
    expect(
      outcome(act({ on: 'act', allow: "get('$.args.word')", else: 'approve' }, { word: 'true' }))
        ?.verdict,
    ).toBe('refuse')
  })
  it('is not opened by a negated missing value', () => {
    const gate = { on: 'act', allow: "not (get('$.tools.find.outputs.latest.blocked') == true)" }
    expect(outcome(act(gate, {}, found))?.verdict).toBe('refuse')
  })
})

describe('from', () => {
  const gate: GateSpec = { on: 'act', from: { id: '$.tools.find.outputs.all[*].id' } }
  it('passes a value that a source gave, by type and value', () => {
    expect(outcome(act(gate, { id: 7 }, found))?.verdict).toBe('allow')
    expect(outcome(act(gate, { id: '7' }, found))?.verdict).toBe('refuse')
    expect(outcome(act(gate, { id: 8 }, found))?.verdict).toBe('refuse')
    expect(outcome(act(gate, { id: 7 }))?.verdict).toBe('refuse')
  })
  it('passes an absent optional argument, but not a null one', () => {
    expect(outcome(act(gate, {}, found))?.verdict).toBe('allow')
    expect(outcome(act(gate, { id: null }, found))?.verdict).toBe('refuse')
  })
  it('wants every element at the path to have a source', () => {
    const all: GateSpec = {
      on: 'act',
      from: { 'ids[*]': ['$.tools.find.outputs.all[*].id', '$.input.id'] },
    }
    expect(outcome(act(all, { ids: [7, 7] }, found))?.verdict).toBe('allow')
    expect(outcome(act(all, { ids: [7, 9] }, found))?.verdict).toBe('refuse')
  })
  it("does not count the run's input unless it is named", () => {
    const plan = planOf(
      {
        workflow: 'g',
        steps: [{ prompt: 'Go.', tools: ['act'] }],
        gates: { rule: { on: 'act', from: { id: '$.tools.act.outputs.all[*].id' } } },
      },
      { act: {} },
    )
    expect(play(plan, { answers: [[call('act', { id: 7 })], [text('end')]] }).ran).toEqual([])
  })
})

describe('limit', () => {
  it('counts by the value at `per`, and refuses when there is none', () => {
    const gate: GateSpec = { on: 'act', limit: { calls: 1, per: '$.args.order' }, else: 'escalate' }
    expect(outcome(act(gate, { order: 1 }, [[call('act', { order: 2 })]]))?.verdict).toBe('allow')
    expect(outcome(act(gate, { order: 1 }, [[call('act', { order: 1 })]]))?.verdict).toBe(
      'escalate',
    )
    expect(outcome(act(gate, {}))?.verdict).toBe('refuse')
  })
  it('tells 1 from "1" and is not confused by key order', () => {
    const gate: GateSpec = { on: 'act', limit: { calls: 1, per: '$.args.order' } }
    expect(outcome(act(gate, { order: '1' }, [[call('act', { order: 1 })]]))?.verdict).toBe('allow')
    expect(
      outcome(act(gate, { order: { a: 1, b: 2 } }, [[call('act', { order: { b: 2, a: 1 } })]]))
        ?.verdict,
    ).toBe('refuse')
  })
})

describe('confirm', () => {
  const confirmed: EventBody = { type: 'user.confirmed', tool: 'act', args: { id: 7, note: 'x' } }
  const rule: GateSpec = { on: 'act', confirm: true, else: 'refuse' }
  function acts(gate: GateSpec, before: readonly EventBody[], ...args: readonly Json[]): Played {
    const plan = planOf(
      { workflow: 'g', steps: [{ prompt: 'Go.', tools: ['act', 'other'] }], gates: { rule: gate } },
      { act: {}, other: {} },
    )
    const answers = [...args.map((each) => [call('act', each)]), [text('end')]]
    return play(plan, { answers }, [...started(plan), ...before])
  }
  it('asks for an approval while the user has confirmed nothing', () => {
    const played = act({ on: 'act', confirm: true }, {})
    expect(outcome(played)).toMatchObject({ verdict: 'approve', confirm: true })
    expect(played.reason).toBe('needs_approval')
    expect(played.ran).toEqual([])
  })
  it("lets exactly the confirmed call pass, whatever its keys' order, and only once", () => {
    expect(acts(rule, [confirmed], { note: 'x', id: 7 }, { id: 7, note: 'x' }).ran).toEqual(['act'])
    expect(acts(rule, [confirmed], { id: 8, note: 'x' }).ran).toEqual([])
    expect(acts(rule, [confirmed], { id: '7', note: 'x' }).ran).toEqual([])
    expect(acts(rule, [{ ...confirmed, tool: 'other' }], { id: 7, note: 'x' }).ran).toEqual([])
    const twice = [confirmed, confirmed]
    expect(acts(rule, twice, { id: 7, note: 'x' }, { id: 7, note: 'x' }).ran).toHaveLength(2)
  })
  it('is not used up by a call that another rule refuses', () => {
    const strict = { ...rule, allow: "count(get('$.calls')) > 0 or get('$.args.id') == 7" }
    expect(acts(strict, [confirmed], { id: 7, note: 'x' }).ran).toEqual(['act'])
    const limited = { ...rule, limit: { calls: 0 } }
    const played = acts(limited, [confirmed], { id: 7, note: 'x' })
    expect(played.ran).toEqual([])
    expect(played.state.confirmations.size).toBe(1)
  })
})

describe('check', () => {
  const gate: GateSpec = { on: 'act', check: {}, else: 'approve' }
  function checked(answer: EventBody | null): GateOutcome | undefined {
    const plan = planOf(
      { workflow: 'g', steps: [{ prompt: 'Go.', tools: ['act'] }], gates: { rule: gate } },
      { act: {} },
    )
    const asked: EventBody[] = [
      { type: 'step.entered', step: 'step-1', visit: 1, message: null, prompt: 'Go.' },
      { type: 'model.called', call: 1, attempt: 1, step: 'step-1', closing: false },
      {
        type: 'model.answered',
        call: 1,
        parts: [call('act', {}, 'a')],
        finish: 'tool-calls',
        usage: NO_USAGE,
      },
    ]
    const { move } = given(plan, [...started(plan), ...asked, ...(answer === null ? [] : [answer])])
    if (move.type === 'perform') {
      expect(move.effects).toEqual([
        expect.objectContaining({ type: 'run-check', call: 'a', gate: 'rule' }),
      ])
      return undefined
    }
    const [judged] = move.type === 'record' ? move.events : []
    return judged?.type === 'call.judged'
      ? judged.gates.find((each) => each.gate === 'rule')
      : undefined
  }
  const about = { call: 'a', gate: 'rule' }
  it('asks its function before the call is judged', () => {
    expect(checked(null)).toBeUndefined()
  })
  it('takes yes for yes and no for its `else`, with the reason', () => {
    expect(checked({ type: 'check.answered', ...about, holds: true, reason: '' })?.verdict).toBe(
      'allow',
    )
    expect(
      checked({ type: 'check.answered', ...about, holds: false, reason: 'closed on Sundays' }),
    ).toMatchObject({ verdict: 'approve', reason: 'its check says no: closed on Sundays' })
  })
  it.each(['TIMEOUT', 'CHECK_ERROR', 'NO_BOOLEAN'])(
    'refuses after %s, whatever its `else`',
    (code) => {
      const error = { code, message: 'what happened' }
      expect(checked({ type: 'check.failed', ...about, error })).toMatchObject({
        verdict: 'refuse',
        reason: `its check failed: ${code}: what happened`,
      })
    },
  )
})

describe('what a gate reads', () => {
  it('is named by sequence number: the newest facts of each thing', () => {
    const gate = { on: 'act', needs: ['find'], allow: "get('$.tools.find.outputs.latest.id') == 7" }
    const played = act(gate, {}, [[call('find')], [call('find')]])
    const returned = played.events.filter((event) => event.type === 'tool.returned')
    expect(outcome(played)?.facts).toEqual([returned[1]?.seq])
  })
  it('is of `$.calls` what its filter lets through', () => {
    const gate = { on: 'act', allow: 'last(get("$.calls[?@.tool == \'find\'].output.id")) == 7' }
    const played = act(gate, {}, [[call('find')], [call('act', { x: 1 })]])
    const [first] = played.events.filter((event) => event.type === 'tool.returned')
    expect(outcome(played)).toMatchObject({ verdict: 'allow', facts: [first?.seq] })
  })
  it('holds what the user stated, and is null before', () => {
    const plan = planOf(
      {
        workflow: 'g',
        steps: [{ prompt: 'Go.', tools: ['act'] }],
        gates: { rule: { on: 'act', allow: "get('$.user.reason.latest.code') == 'lost'" } },
      },
      { act: {} },
    )
    const stated: EventBody = { type: 'user.stated', kind: 'reason', facts: { code: 'lost' } }
    const answers = [[call('act')], [text('end')]]
    expect(play(plan, { answers }, [...started(plan), stated]).ran).toEqual(['act'])
    expect(play(plan, { answers }).ran).toEqual([])
  })
  it('is not the input of a sub-run that a model wrote', () => {
    const plan = planOf({ workflow: 'g', steps: [{ prompt: 'Go.' }] })
    const { state } = given(plan, started(plan, { amount: 5 }))
    expect(gateContext(plan, state, {}).input).toEqual({ amount: 5 })
    const told = { ...state, branch: { ...state.branch, trusted: false } }
    expect(gateContext(plan, told, {}).input).toEqual({})
  })
})

describe("on: '*'", () => {
  it("holds every tool but those excepted and the kernel's own", () => {
    const plan = planOf(
      {
        workflow: 'g',
        steps: [{ prompt: 'Go.', tools: ['find', 'act', 'hang_up', 'finish'] }],
        gates: {
          known: { on: '*', except: ['find'], needs: ['find'] },
          over: { on: '*', allow: 'count(get("$.calls[?@.tool == \'hang_up\']")) == 0' },
        },
      },
      { find: {}, act: {}, hang_up: {} },
    )
    const called = ['act', 'find', 'act', 'hang_up', 'act', 'find', 'finish']
    const answers = called.map((tool) => [call(tool)])
    expect(play(plan, { answers }).ran).toEqual(['find', 'act', 'hang_up'])
    expect(play(plan, { answers }).reason).toBe('completed')
  })
})
