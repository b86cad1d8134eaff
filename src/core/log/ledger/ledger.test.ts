import { describe, expect, it } from 'vitest'
import { call, logOf, NO_USAGE, planOf, play, started, text } from '../../given.ts'
import type { ApprovalRequest } from '../event-person.ts'
import type { EventBody } from '../event.ts'
import { ledger } from './ledger.ts'

const plan = planOf(
  {
    workflow: 'w',
    steps: { pay: { prompt: 'Pay.', tools: ['find', 'send'] } },
    gates: { known: { on: 'send', needs: ['find'] } },
  },
  { find: { effect: 'read' }, send: {} },
)

/** The entries that these events have after the start of a run, without place and time. */
function entriesOf(...bodies: readonly EventBody[]): readonly object[] {
  const first = started(plan)
  const calls: EventBody = {
    type: 'model.answered',
    call: 1,
    parts: [call('find', {}, 'c1'), call('send', {}, 'c2')],
    finish: 'tool-calls',
    usage: NO_USAGE,
  }
  const events = logOf([...first, calls, ...bodies])
  return ledger(events).map(({ seq, at, ...entry }) => {
    expect(at).toBe(seq)
    expect(events[seq - 1]?.type).toBe(entry.kind)
    return entry
  })
}

const request: ApprovalRequest = {
  id: 'q1',
  call: 'c2',
  tool: 'send',
  args: {},
  hash: 'h',
  digest: 'd',
  gates: ['risk', 'small'],
  about: 'send money',
  entities: [],
  undo: null,
  needs: [{ approvers: 1, by: [] }],
  approvers: 1,
  by: [],
  expiresAt: null,
  confirm: false,
}
const said = { request: 'q1', by: 'ann', reason: 'fine' }

describe('ledger', () => {
  it('has each verdict of each gate, and what was sent because of it (S2.6)', () => {
    const played = play(plan, {
      answers: [[call('send'), call('find'), call('send', { n: 1 })], [text('done')]],
    })
    const lines = ledger(played.events).map(
      ({ kind, by, tool, gate, verdict }) => `${kind} ${by} ${tool} ${gate} ${verdict}`,
    )
    expect(lines).toEqual([
      'call.judged kernel send scope allow',
      'call.judged kernel send known refuse',
      'call.judged kernel find scope allow',
      'tool.dispatched model find dispatch allow',
      'call.judged kernel send scope allow',
      'call.judged kernel send known allow',
      'tool.dispatched model send dispatch allow',
    ])
    const last = ledger(played.events).at(-1)
    const [judgedAt] = last?.facts ?? []
    expect(played.events[(judgedAt ?? 0) - 1]).toMatchObject({
      type: 'call.judged',
      call: last?.call,
    })
  })

  it('names the facts that a gate read', () => {
    const gates = [
      { gate: 'known', verdict: 'allow', reason: 'every rule holds', facts: [3] },
    ] as const
    expect(
      entriesOf({ type: 'call.judged', call: 'c2', tool: 'send', verdict: 'allow', gates }),
    ).toMatchObject([{ call: 'c2', gate: 'known', facts: [3] }])
  })

  it('follows an approval from the request to each word on it, by name (Law 8)', () => {
    const granted = { type: 'approval.granted', call: 'c2', left: 1, covers: [0], ...said } as const
    const entries = entriesOf(
      { type: 'approval.requested', request },
      { type: 'approval.answered', decision: 'approve', roles: [], ...said },
      { type: 'approval.refused', ...said, by: 'bob', reason: 'not an approver' },
      granted,
      { type: 'approval.denied', call: 'c2', message: 'no', ...said },
      { type: 'approval.expired', request: 'q1', call: 'c2' },
      { type: 'call.judged', call: 'c2', tool: 'send', verdict: 'allow', gates: [], grant: 'q1' },
    )
    expect(entries).toMatchObject([
      { gate: 'risk', verdict: 'approve', call: 'c2', tool: 'send', request: 'q1' },
      { gate: 'small', verdict: 'approve', reason: 'send money' },
      { kind: 'approval.answered', by: 'ann', reason: 'answered approve: fine', facts: [4] },
      { kind: 'approval.refused', by: 'bob', verdict: 'refuse', facts: [4] },
      { kind: 'approval.granted', by: 'ann', verdict: 'allow', tool: 'send' },
      { kind: 'approval.denied', by: 'ann', verdict: 'refuse', call: 'c2' },
      { kind: 'approval.expired', by: 'kernel', verdict: 'refuse' },
      { kind: 'call.judged', request: 'q1', verdict: 'allow' },
    ])
    expect(entries[4]).toMatchObject({ reason: 'counts; 1 more needed: fine' })
  })

  it('has an answer to a request that never was (Law 8)', () => {
    expect(entriesOf({ type: 'approval.refused', ...said, request: 'forged' })).toEqual([
      {
        kind: 'approval.refused',
        by: 'ann',
        call: null,
        tool: null,
        gate: 'approval',
        verdict: 'refuse',
        reason: 'does not count: fine',
        request: 'forged',
      },
    ])
  })

  it('has what the user stated and confirmed', () => {
    expect(
      entriesOf(
        { type: 'user.stated', kind: 'identity', facts: { customer_id: 'c-1' } },
        { type: 'user.confirmed', tool: 'send', args: {} },
      ),
    ).toMatchObject([
      { by: 'user', gate: 'stated', reason: 'identity: customer_id' },
      { by: 'user', gate: 'confirm', tool: 'send' },
    ])
  })

  it('has limits, places, checks, doubts, handoffs and the end that somebody asked for', () => {
    const error = { code: 'X', message: 'broken' }
    const limit = { type: 'limit.reached', reason: 'budget_exceeded', message: '' } as const
    const lines = entriesOf(
      { ...limit, limit: 'calls', allowed: 9 },
      { type: 'places.claimed', call: 'c2' },
      { type: 'places.refused', call: 'c2', place: { gate: 'once', key: 'k' }, message: 'full' },
      { type: 'check.answered', call: 'c2', gate: 'asked', holds: false, reason: 'no' },
      { type: 'check.failed', call: 'c2', gate: 'asked', error },
      { type: 'tool.doubted', call: 'c2', message: 'cut off' },
      { type: 'handoff.delivered', attempt: 2 },
      { type: 'handoff.failed', attempt: 1, error },
      { type: 'cancel.requested' },
      { type: 'step.failed', step: 'pay', reason: 'tool_failed', message: 'gone' },
    ).map((entry) => Object.values(entry).join(' | '))
    expect(lines).toEqual([
      'limit.reached | kernel |  |  | budget | refuse | 9 calls per run are spent: budget_exceeded',
      'places.claimed | kernel | c2 | send | limit | allow | its places are its own among all forks',
      'places.refused | kernel | c2 | send | once | refuse | full',
      'check.answered | kernel | c2 | send | asked | refuse | its function says no: no',
      'check.failed | kernel | c2 | send | asked | refuse | its function gave no answer: broken',
      'tool.doubted | kernel | c2 | send | doubt | escalate | cut off',
      'handoff.delivered | kernel |  |  | handoff | allow | delivered at attempt 2',
      'handoff.failed | kernel |  |  | handoff | refuse | attempt 1 failed: broken',
      'cancel.requested | somebody |  |  | cancel | allow | the run was asked to end',
      'step.failed | kernel |  |  | step | refuse | pay: tool_failed: gone',
    ])
  })

  it('has who asked to go back, what was taken back, and by whose call', () => {
    expect(
      entriesOf(
        { type: 'rewind.requested', to: 'pay#1', by: 'ann' },
        { type: 'rewind.refused', to: 'pay#1', reason: 'send stands' },
        { type: 'undo.called', call: 'u1', of: 'c2', tool: 'cancel', args: {} },
        { type: 'tool.dispatched', call: 'u1', attempt: 1 },
        { type: 'run.rewound', to: 'pay#1', position: 3, undone: ['c2'], kept: [] },
      ),
    ).toMatchObject([
      { by: 'ann', gate: 'rewind' },
      { verdict: 'refuse', reason: 'not to pay#1: send stands' },
      { call: 'u1', tool: 'cancel', reason: 'cancel is to take back call c2' },
      { call: 'u1', tool: 'cancel', by: 'kernel' },
      { reason: 'back at pay#1; taken back: c2; standing: none' },
    ])
  })

  it('has forks and the definitions that a run went on under', () => {
    const fork = { run: 'run2', from: 'run', position: 3, family: 'run', by: null } as const
    expect(
      entriesOf(
        { type: 'run.forked', ...fork },
        { type: 'fork.made', run: 'run3', position: 3 },
        { type: 'definition.adopted', from: 'd1', to: 'd2', differing: ['pay'], by: 'ann' },
      ),
    ).toMatchObject([
      { by: 'somebody', reason: 'a copy of run up to event 3' },
      { reason: 'copied as run3 up to event 3' },
      { by: 'ann', reason: 'd1 became d2; differs: pay' },
    ])
  })

  it('says of a sub-run which it is', () => {
    const [event] = logOf([{ type: 'cancel.requested' }])
    expect(event === undefined ? [] : ledger([{ ...event, branch: 'b1' }])).toMatchObject([
      { kind: 'cancel.requested', branch: 'b1' },
    ])
  })
})
