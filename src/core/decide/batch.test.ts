import { describe, expect, it } from 'vitest'
import { call, given, NO_USAGE, planOf, play, started, text, ToolFailure } from '../given.ts'
import type { EventBody } from '../log/event.ts'

const desk = planOf(
  {
    workflow: 'desk',
    steps: [
      { name: 'work', prompt: 'Work.', tools: ['look', 'list', 'verify', 'refund', 'pay', 'ask'] },
    ],
    tools: { ask: { client: true, effect: 'read' } },
    gates: {
      verified: {
        on: 'refund',
        needs: ['verify'],
        allow: "get('$.tools.verify.outputs.latest.verified') == true",
      },
      once: { on: 'refund', limit: { calls: 1, per: '$.args.order' } },
    },
  },
  {
    look: { effect: 'read' },
    list: { effect: 'read' },
    verify: { effect: 'read' },
    refund: { effect: 'write' },
    pay: { effect: 'write', idempotent: true },
  },
)

function answered(...parts: readonly ReturnType<typeof call>[]): readonly EventBody[] {
  return [
    ...started(desk),
    { type: 'step.entered', step: 'work', visit: 1, message: null, prompt: 'Work.' },
    { type: 'model.called', call: 1, attempt: 1, step: 'work', closing: false },
    { type: 'model.answered', call: 1, parts, finish: 'tool-calls', usage: NO_USAGE },
  ]
}

const allow = (id: string, tool: string): EventBody => ({
  type: 'call.judged',
  call: id,
  tool,
  verdict: 'allow',
  gates: [],
})
const dispatched = (id: string, attempt = 1): EventBody => ({
  type: 'tool.dispatched',
  call: id,
  attempt,
})

describe('calls of one message (Law 2)', () => {
  it('overlaps plain reads: the second is judged while the first is under way', () => {
    const log = [
      ...answered(call('look', {}, 'a'), call('list', {}, 'b')),
      allow('a', 'look'),
      dispatched('a'),
    ]
    expect(given(desk, log).move).toMatchObject({
      type: 'record',
      events: [{ type: 'call.judged', call: 'b', verdict: 'allow' }],
    })
    const both = [...log, allow('b', 'list'), dispatched('b')]
    expect(given(desk, both).move).toMatchObject({
      type: 'perform',
      effects: [{ call: 'a' }, { call: 'b' }],
    })
  })

  it('makes a gated call wait for those before it, and judges it by what they committed', () => {
    const log = [
      ...answered(call('verify', {}, 'v'), call('refund', { order: 1 }, 'r')),
      allow('v', 'verify'),
      dispatched('v'),
    ]
    expect(given(desk, log).move).toMatchObject({ type: 'perform', effects: [{ call: 'v' }] })
    const verified: EventBody = { type: 'tool.returned', call: 'v', output: { verified: true } }
    expect(given(desk, [...log, verified]).move).toMatchObject({
      events: [{ type: 'call.judged', call: 'r', verdict: 'allow' }],
    })
    const unverified: EventBody = { type: 'tool.returned', call: 'v', output: { verified: false } }
    expect(given(desk, [...log, unverified]).move).toMatchObject({
      events: [{ type: 'call.judged', call: 'r', verdict: 'refuse' }],
    })
  })

  it('makes a read after a write wait for the write', () => {
    const log = [
      ...answered(call('pay', {}, 'p'), call('look', {}, 'l')),
      allow('p', 'pay'),
      dispatched('p'),
    ]
    expect(given(desk, log).move).toMatchObject({ type: 'perform', effects: [{ call: 'p' }] })
  })

  it('runs a once-only write once out of two in one message; that gate refuses the second', () => {
    const played = play(desk, {
      answers: [
        [call('verify'), call('refund', { order: 1 }), call('refund', { order: 1 })],
        [text('done')],
      ],
      tools: { verify: () => ({ verified: true }) },
    })
    expect(played.ran).toEqual(['verify', 'refund'])
    const refused = played.events.find(
      (event) => event.type === 'call.judged' && event.verdict === 'refuse',
    )
    expect(refused).toMatchObject({
      gates: expect.arrayContaining([expect.objectContaining({ gate: 'once', verdict: 'refuse' })]),
    })
  })

  it('goes on with later siblings after a refusal', () => {
    const played = play(desk, {
      answers: [[call('refund', { order: 1 }), call('look')], [text('ok')]],
    })
    expect(played.ran).toEqual(['look'])
  })

  it('never dispatches more than 32 at once', () => {
    const many = Array.from({ length: 50 }, () => call('look'))
    let most = 0
    play(desk, {
      answers: [many, [text('ok')]],
      pick: (effects) => {
        most = Math.max(most, effects.length)
        return effects.length - 1
      },
    })
    expect(most).toBe(32)
  })
})

describe('results (Law 6)', () => {
  it('hands all results over at once and in call order, whatever order they came in', () => {
    const played = play(desk, {
      answers: [[call('look', {}, 'a'), call('list', {}, 'b')], [text('ok')]],
      tools: { look: () => 'first', list: () => 'second' },
      pick: (effects) => effects.length - 1,
    })
    expect(played.state.branch.transcript[2]).toEqual({
      role: 'tool',
      results: [
        { call: 'a', tool: 'look', result: { ok: true, output: 'first' } },
        { call: 'b', tool: 'list', result: { ok: true, output: 'second' } },
      ],
    })
  })

  it('gives a repeated or missing call id one of its own', () => {
    const played = play(desk, {
      answers: [
        [call('look', {}, 'x'), call('look', {}, 'x'), call('look')],
        [call('look', {}, 'x')],
        [text('ok')],
      ],
    })
    expect([...played.state.callIds]).toEqual(['x', 'call_1_1', 'call_1_2', 'call_2_0'])
    expect(played.ran).toHaveLength(4)
  })
})

describe('a dispatch whose driver is gone (Law 11)', () => {
  const cut = (tool: string): readonly EventBody[] => [
    ...answered(call(tool, { order: 1 }, 'c')),
    allow('c', tool),
    dispatched('c'),
    { type: 'run.resumed' },
  ]
  it('is sent again when it is a read', () => {
    expect(given(desk, cut('look')).move).toEqual({ type: 'record', events: [dispatched('c', 2)] })
  })
  it('is sent again with the same key when it is an idempotent write', () => {
    expect(given(desk, cut('pay')).move).toEqual({ type: 'record', events: [dispatched('c', 2)] })
    expect(given(desk, [...cut('pay'), dispatched('c', 2)]).move).toMatchObject({
      effects: [{ idempotencyKey: 'run/c', attempt: 2 }],
    })
  })
  it('is a doubt when it is any other write, and the run rests for a person', () => {
    const { move } = given(desk, cut('refund'))
    expect(move).toMatchObject({ type: 'record', events: [{ type: 'tool.doubted', call: 'c' }] })
    const doubted = [...cut('refund'), ...(move.type === 'record' ? move.events : [])]
    expect(given(desk, doubted).move).toMatchObject({
      events: [{ type: 'run.rested', reason: 'tool_in_doubt', pending: [{ call: 'c' }] }],
    })
  })
  it('is no concern of a call that the caller executes', () => {
    expect(given(desk, cut('ask')).move).toMatchObject({ events: [{ reason: 'needs_client' }] })
  })
})

describe('failures', () => {
  it('holds a timed-out write to be in doubt, an idempotent one to have failed', () => {
    const slow = { refund: () => new ToolFailure('TIMEOUT'), verify: () => ({ verified: true }) }
    const refund = play(desk, {
      answers: [[call('verify'), call('refund', { order: 1 })]],
      tools: slow,
    })
    expect(refund.reason).toBe('tool_in_doubt')
    const pay = play(desk, {
      answers: [[call('pay')], [text('ok')]],
      tools: { pay: () => new ToolFailure('TIMEOUT') },
    })
    expect(pay.reason).toBe('completed')
  })

  it('keeps a place under a limit through an error, and gives it back when nothing was executed', () => {
    const answers = [
      [call('verify'), call('refund', { order: 1 })],
      [call('refund', { order: 1 })],
      [text('ok')],
    ]
    const tools = (executed?: boolean) => ({
      verify: () => ({ verified: true }),
      refund: () => new ToolFailure('DECLINED', executed),
    })
    expect(play(desk, { answers, tools: tools() }).ran).toEqual(['verify', 'refund'])
    expect(play(desk, { answers, tools: tools(false) }).ran).toEqual(['verify', 'refund', 'refund'])
  })

  it('does not count an error result as a fact (Law 3)', () => {
    const played = play(desk, {
      answers: [[call('verify')], [call('refund', { order: 1 })], [text('ok')]],
      tools: { verify: () => new ToolFailure('DOWN') },
    })
    expect(played.ran).toEqual(['verify'])
    expect(played.state.branch.successes.get('verify')).toBeUndefined()
  })
})

describe('calls that somebody outside answers', () => {
  it('rests with every pending client call, and again with those that are left', () => {
    const played = play(desk, { answers: [[call('ask', {}, 'a'), call('ask', {}, 'b')]] })
    expect(played.state.rest).toMatchObject({
      reason: 'needs_client',
      pending: [{ call: 'a' }, { call: 'b' }],
    })
    const bodies = played.events.map(({ v: _v, seq: _seq, at: _at, ...body }) => body)
    const one: EventBody = { type: 'tool.returned', call: 'b', output: 1 }
    expect(given(desk, [...bodies, one]).move).toMatchObject({
      events: [{ reason: 'needs_client', pending: [{ call: 'a' }] }],
    })
  })

  it('leaves later calls pending while the run rests', () => {
    const played = play(desk, { answers: [[call('ask', {}, 'a'), call('pay', {}, 'p')]] })
    expect(played.state.branch.batch.map((each) => each.status)).toEqual(['dispatched', 'waiting'])
  })
})
