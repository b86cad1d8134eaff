import { describe, expect, it } from 'vitest'
import { call, planOf, play, text, ToolFailure, type Played } from '../given.ts'
import type { AnswerPart, GateOutcome } from '../log/event.ts'
import type { Json } from '../spec/json.ts'
import type { GateSpec } from '../spec/spec.ts'

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
    expect(act(rule, { amount: 501 }).reason).toBe('escalated')
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
  it('asks for an approval while the user has confirmed nothing', () => {
    const played = act({ on: 'act', confirm: true }, {})
    expect(outcome(played)?.verdict).toBe('approve')
    expect(played.reason).toBe('needs_approval')
    expect(played.ran).toEqual([])
  })
})
