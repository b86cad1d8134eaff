import { describe, expect, it } from 'vitest'
import { call, given, planOf, play, started, text, type Outside, type Played } from '../../given.ts'
import type { Entry, Event, EventBody, EventOf } from '../../log/event.ts'
import type { ApprovalRequest } from '../../log/event-person.ts'
import { compile } from '../../spec/compile/compile.ts'
import type { Json } from '../../spec/json.ts'
import type { WorkflowSpec } from '../../spec/spec.ts'

type Answer = EventOf<'approval.answered'>

const tools = { pay: { about: 'Pay money out' }, look: { effect: 'read' as const }, mail: {} }

function spec(change: Partial<WorkflowSpec> = {}): WorkflowSpec {
  return {
    workflow: 'desk',
    tools: { pay: { undo: 'mail' } },
    steps: { act: { prompt: 'Act.', tools: ['pay', 'look', 'mail'] } },
    gates: { big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' } },
    ...change,
  }
}

const desk = planOf(spec(), tools)
const pay50 = call('pay', { amount: 50, to: { id: 'A1' } }, 'c1')

function ask(plan = desk, parts = [pay50], first = started(plan)): Played {
  const played = play(plan, { answers: [parts] }, first)
  expect(played.reason).toBe('needs_approval')
  return played
}

function request(played: Played): ApprovalRequest {
  const asked = played.events.findLast((event) => event.type === 'approval.requested')
  if (asked === undefined) throw new Error('nothing was asked')
  return asked.request
}

function answer(played: Played, change: Partial<Answer> & { readonly at?: number } = {}): Event {
  const seq = played.events.length + 1
  return {
    v: 1,
    seq,
    at: seq,
    type: 'approval.answered',
    request: request(played).id,
    decision: 'approve',
    by: 'ana',
    roles: [],
    reason: '',
    ...change,
  }
}

/** Goes on from a log with one more event. */
function after(
  played: Played,
  event: EventBody,
  on: { readonly plan?: typeof desk; readonly outside?: Outside } = {},
): Played {
  const outside = on.outside ?? { answers: [[text('done')], [text('done')]] }
  const next = { ...event, seq: played.events.length + 1 }
  return play(on.plan ?? desk, outside, [...played.events, next])
}

/** The same log with another account of which rules asked. */
function asking(played: Played, asked: ApprovalRequest['asked']): Played {
  const events = played.events.map((event): Event => {
    if (event.type !== 'approval.requested') return event
    const { asked: _, ...request } = event.request
    return { ...event, request: asked === undefined ? request : { ...request, asked } }
  })
  return { ...played, events }
}

function refusal(played: Played): string {
  const refused = played.events.findLast((event) => event.type === 'approval.refused')
  return refused?.reason ?? ''
}

function verdicts(played: Played): readonly string[] {
  return played.events.flatMap((event) => (event.type === 'call.judged' ? [event.verdict] : []))
}

describe('a request (S2.5)', () => {
  it('says what will happen, to what, whether it can be taken back, and which gate asks', () => {
    const asked = request(ask())
    expect(asked).toMatchObject({
      call: 'c1',
      tool: 'pay',
      args: { amount: 50, to: { id: 'A1' } },
      digest: desk.digest,
      gates: ['big'],
      undo: 'mail',
      approvers: 1,
      by: [],
      confirm: false,
      entities: [
        { path: '$.args.amount', value: 50 },
        { path: '$.args.to.id', value: 'A1' },
      ],
    })
    expect(asked.id).toMatch(/^apr_[0-9a-f]{24}$/)
    expect(asked.about).toMatch(/^Run pay .*Pay money out.*taken back with mail/)
    expect(asked.expiresAt).toBeGreaterThan(86_400_000)
  })
  it('is recorded before the run rests, which names it', () => {
    const played = ask()
    expect(played.events.slice(-2).map((event) => event.type)).toEqual([
      'approval.requested',
      'run.rested',
    ])
    expect(played.state.rest?.pending).toEqual([
      {
        call: 'c1',
        tool: 'pay',
        args: { amount: 50, to: { id: 'A1' } },
        gate: 'big',
        request: request(played).id,
      },
    ])
  })
  it('asks for a tool of the tier that needs an approval, as the workflow says who gives it', () => {
    const plan = planOf(
      spec({
        gates: {},
        tools: { pay: { risk: 'high' } },
        approval: { approvers: 2, by: ['finance'], expires: 60 },
      }),
      tools,
    )
    expect(request(ask(plan))).toMatchObject({
      gates: ['risk'],
      undo: null,
      needs: [{ approvers: 2, by: ['finance'] }],
    })
  })
})

describe('an approval (Law 8)', () => {
  it('lets its call be judged again, and run once', () => {
    const asked = ask()
    const played = after(asked, answer(asked))
    expect(played.ran).toEqual(['pay'])
    expect(verdicts(played)).toEqual(['approve', 'allow'])
    const judged = played.events.findLast((event) => event.type === 'call.judged')
    expect(judged).toMatchObject({ grant: request(asked).id })
    expect(judged?.gates.at(-1)).toMatchObject({
      gate: 'big',
      verdict: 'allow',
      reason: expect.stringMatching(/^approved by ana/),
    })
    expect(played.state.approvals.get(request(asked).id)?.status).toBe('used')
    expect(played.reason).toBe('completed')
  })
  it('is refused when its id is forged', () => {
    const asked = ask()
    const played = after(asked, answer(asked, { request: 'apr_000000000000000000000000' }))
    expect(refusal(played)).toMatch(/has no request "apr_0+" \(asked: apr_/)
    expect([played.ran, played.reason]).toEqual([[], 'needs_approval'])
    expect(played.state.rest?.pending).toHaveLength(1)
  })
  it('is refused when it comes twice at once, and when it is replayed after its use', () => {
    const asked = ask()
    const twice = play(desk, { answers: [[text('done')]] }, [
      ...asked.events,
      answer(asked),
      { ...answer(asked, { by: 'ben' }), seq: asked.events.length + 2 },
    ])
    expect(refusal(twice)).toMatch(/granted already/)
    expect(twice.ran).toEqual(['pay'])
    const again = after(twice, answer(asked))
    expect(refusal(again)).toMatch(/used up/)
    expect([again.ran, again.reason]).toEqual([[], 'completed'])
  })
  it('does not let a second call of the same kind through', () => {
    const asked = ask()
    const played = after(asked, answer(asked), {
      outside: { answers: [[call('pay', { amount: 50, to: { id: 'A1' } }, 'c2')]] },
    })
    expect([played.ran, played.reason]).toEqual([['pay'], 'needs_approval'])
    expect(request(played).id).not.toBe(request(asked).id)
  })
  it('is refused from a fork, which asks for itself', () => {
    const asked = ask()
    const forked: EventBody = {
      type: 'run.forked',
      run: 'copy',
      from: 'run',
      position: asked.events.length,
      family: 'run',
      by: 'eve',
    }
    const copy = after(asked, forked)
    expect(copy.reason).toBe('needs_approval')
    expect(request(copy).id).not.toBe(request(asked).id)
    const played = after(copy, answer(copy, { request: request(asked).id }))
    expect(refusal(played)).toMatch(/run copy has no request/)
    expect(played.ran).toEqual([])
  })
  it.each<[string, Json]>([
    ['another amount', { amount: 51, to: { id: 'A1' } }],
    ['a number as text', { amount: '50', to: { id: 'A1' } }],
    ['one more key', { amount: 50, to: { id: 'A1' }, x: 1 }],
  ])('is refused for other arguments: %s', (_, args) => {
    const asked = ask()
    const played = after(asked, answer(asked, { args }))
    expect(refusal(played)).toMatch(/was asked for .*not for/)
    expect([played.ran, played.reason]).toEqual([[], 'needs_approval'])
  })
  it('takes the same arguments in another order of keys', () => {
    const asked = ask()
    const played = after(asked, answer(asked, { args: { to: { id: 'A1' }, amount: 50 } }))
    expect(played.ran).toEqual(['pay'])
  })
  it('is refused after an edit of the workflow', () => {
    const asked = ask()
    const edited = planOf(spec({ version: '2.0.0' }), tools)
    const played = after(asked, answer(asked), { plan: edited })
    expect(refusal(played)).toMatch(/the workflow was changed since/)
    expect([played.ran, played.reason]).toEqual([[], 'needs_approval'])
  })
  it('does not outlive the adoption of an edit: its call is asked about anew', () => {
    const asked = ask()
    const edited = planOf(spec({ version: '2.0.0' }), tools)
    const adopted: EventBody = {
      type: 'definition.adopted',
      from: desk.digest,
      to: edited.digest,
      differing: [],
      by: null,
    }
    const played = play(edited, { answers: [] }, [
      ...asked.events,
      adopted,
      { type: 'run.resumed' },
    ])
    expect(played.reason).toBe('needs_approval')
    expect(request(played)).toMatchObject({ digest: edited.digest })
    expect(played.state.approvals.get(request(asked).id)?.status).toBe('void')
  })
  it('is refused after its time; a resumption asks anew', () => {
    const asked = ask()
    const at = request(asked).expiresAt ?? 0
    const late = after(asked, answer(asked, { at }))
    expect(refusal(late)).toMatch(/^it expired at /)
    expect([late.ran, late.reason]).toEqual([[], 'expired'])
    const again = after(late, { type: 'run.resumed' })
    expect(again.reason).toBe('needs_approval')
    expect(request(again).id).not.toBe(request(asked).id)
    expect(after(again, answer(again)).ran).toEqual(['pay'])
    expect(refusal(after(again, answer(again, { request: request(asked).id })))).toMatch(/expired/)
  })
  it('does not let its call run when its time is over before the call is judged again', () => {
    const asked = ask()
    const at = request(asked).expiresAt ?? 0
    const seq = asked.events.length
    const { id } = request(asked)
    const granted: Event = {
      v: 1,
      seq: seq + 2,
      at: seq + 2,
      type: 'approval.granted',
      request: id,
      call: 'c1',
      by: 'ana',
      reason: '',
      left: 0,
      covers: [0],
    }
    const resumed: Event = { v: 1, seq: seq + 3, at, type: 'run.resumed' }
    const played = play(desk, { answers: [] }, [...asked.events, answer(asked), granted, resumed])
    expect([played.ran, played.reason]).toEqual([[], 'needs_approval'])
    expect(played.state.approvals.get(id)?.status).toBe('void')
  })
  it('is refused when it does not say who gives it', () => {
    const asked = ask()
    for (const by of ['', '  ', '\u200b']) {
      expect(refusal(after(asked, answer(asked, { by })))).toBe('it does not say who answers')
    }
  })
  it('is refused on a run that has ended', () => {
    const asked = ask()
    const cancelled = after(asked, { type: 'cancel.requested' })
    const played = after(cancelled, answer(cancelled))
    expect(refusal(played)).toMatch(/the run has ended \(cancelled\)/)
    expect([played.ran, played.reason]).toEqual([[], 'cancelled'])
  })
})

describe('the call that was approved is judged again when it runs (Law 8)', () => {
  it('is refused when a limit was taken meanwhile', () => {
    const plan = planOf(
      spec({
        gates: {
          big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' },
          once: { on: 'pay', limit: { calls: 1 } },
        },
      }),
      tools,
    )
    const asked = ask(plan)
    const taken: Event = {
      v: 1,
      seq: asked.events.length + 1,
      at: 1,
      type: 'branch.started',
      branch: 'side',
      parent: '',
      call: null,
      item: null,
      workflow: 'x',
      digest: 'd',
      input: {},
      trusted: true,
      instructions: null,
    }
    const rest: Entry[] = [
      taken,
      {
        type: 'model.answered',
        call: 9,
        parts: [call('pay', { amount: 1 }, 'other')],
        finish: 'tool-calls',
        usage: { input: 0, output: 0, cached: 0 },
        branch: 'side',
      } as const,
      {
        type: 'call.judged',
        call: 'other',
        tool: 'pay',
        verdict: 'allow',
        gates: [],
        reservations: [{ gate: 'once', key: '' }],
        branch: 'side',
      } as const,
      { type: 'run.rested', reason: 'completed', message: 'done', branch: 'side' } as const,
    ]
    const late: Event = { ...answer(asked), seq: asked.events.length + 5 }
    const played = play(plan, { answers: [[text('done')]] }, [...asked.events, ...rest, late])
    expect(played.ran).toEqual([])
    const judged = played.events.findLast((event) => event.type === 'call.judged')
    expect([judged?.call, judged?.verdict]).toEqual(['c1', 'refuse'])
    expect(judged?.gates.find(({ verdict }) => verdict === 'refuse')?.gate).toBe('once')
    expect(played.state.approvals.get(request(asked).id)?.status).toBe('void')
  })
  it('is to the rules that asked, and to no more', () => {
    const asked = ask()
    expect(request(asked).asked).toEqual([{ gate: 'big', rules: ['allow'] }])
    const other = asking(asked, [{ gate: 'big', rules: ['limit'] }])
    expect(after(other, answer(other))).toMatchObject({ reason: 'needs_approval', ran: [] })
  })

  it('is to the gates alone where a log was written before rules were kept', () => {
    const old = asking(ask(), undefined)
    expect(after(old, answer(old))).toMatchObject({ reason: 'completed', ran: ['pay'] })
  })

  it('is asked about again, for all gates, when a gate asks that did not ask before', () => {
    const plan = planOf(
      spec({
        gates: {
          big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' },
          calm: { on: 'pay', allow: "count(get('$.user.alarm.all', [])) == 0", else: 'approve' },
        },
      }),
      tools,
    )
    const asked = ask(plan)
    expect(request(asked).gates).toEqual(['big'])
    const played = play(plan, { answers: [] }, [
      ...asked.events,
      { type: 'user.stated', kind: 'alarm', facts: { loud: true } },
      { ...answer(asked), seq: asked.events.length + 2 },
    ])
    expect([played.ran, played.reason]).toEqual([[], 'needs_approval'])
    expect(request(played).gates).toEqual(['big', 'calm'])
    expect(after(played, answer(played), { plan }).ran).toEqual(['pay'])
  })
})

describe('who may approve (S2.5)', () => {
  const finance = planOf(
    spec({
      gates: {
        big: {
          on: 'pay',
          allow: "get('$.args.amount') < 10",
          else: 'approve',
          approval: { by: ['finance', 'Zoe'] },
        },
      },
    }),
    tools,
  )
  it('is a named person or role', () => {
    const asked = ask(finance)
    const wrong = after(asked, answer(asked, { roles: ['support'] }), { plan: finance })
    expect(refusal(wrong)).toBe('ana (support) may not answer it; it takes 1 of finance or Zoe')
    expect([wrong.ran, wrong.reason]).toEqual([[], 'needs_approval'])
    expect(after(asked, answer(asked, { roles: ['finance'] }), { plan: finance }).ran).toHaveLength(
      1,
    )
    expect(after(asked, answer(asked, { by: 'zoe' }), { plan: finance }).ran).toHaveLength(1)
  })
  it('has the roles that the workflow gives, whatever a host says', () => {
    const plan = planOf({ ...finance.spec, people: { ana: ['support'], ben: ['finance'] } }, tools)
    const asked = ask(plan)
    const claimed = after(asked, answer(asked, { roles: ['finance'] }), { plan })
    expect(refusal(claimed)).toMatch(/^ana \(support\) may not/)
    const stranger = after(asked, answer(asked, { by: 'eve', roles: ['finance'] }), { plan })
    expect(refusal(stranger)).toBe("eve is not among the workflow's people")
    expect(after(asked, answer(asked, { by: 'Ben' }), { plan }).ran).toEqual(['pay'])
  })

  const fourEyes = planOf(spec({ approval: { approvers: 2 } }), tools)
  const byEve = started(fourEyes).map((event) =>
    event.type === 'run.started' ? { ...event, by: 'Eve' } : event,
  )
  it('is two different people where two are wanted, and not who started the run', () => {
    const asked = ask(fourEyes, [pay50], byEve)
    const initiator = after(asked, answer(asked, { by: 'ＥＶＥ' }), { plan: fourEyes })
    expect(refusal(initiator)).toMatch(/started the run and cannot be one of its 2 approvers/)
    const one = after(asked, answer(asked), { plan: fourEyes })
    expect([one.ran, one.reason]).toEqual([[], 'needs_approval'])
    for (const by of [' ANA ', 'a\u200bna', 'ａｎａ']) {
      const same = after(one, answer(one, { by }), { plan: fourEyes })
      expect(refusal(same)).toMatch(/has approved already; it takes 1 of anybody more/)
      expect(same.ran).toEqual([])
    }
    const two = after(one, answer(one, { by: 'ben' }), { plan: fourEyes })
    expect(two.ran).toEqual(['pay'])
    expect(JSON.stringify(two.events)).toMatch(/approved by ana, ben/)
  })
  it('is somebody of each list where two gates name different ones', () => {
    const asks = { on: 'pay', allow: 'false', else: 'approve' as const }
    const plan = planOf(
      spec({
        gates: {
          a: { ...asks, approval: { by: ['finance'], expires: 60 } },
          b: { ...asks, approval: { by: ['legal'], expires: 30 } },
        },
      }),
      tools,
    )
    const asked = ask(plan)
    expect(request(asked)).toMatchObject({ approvers: 2, by: ['finance', 'legal'] })
    const one = after(asked, answer(asked, { roles: ['finance'] }), { plan })
    expect([one.ran, one.reason]).toEqual([[], 'needs_approval'])
    const more = after(one, answer(one, { by: 'cy', roles: ['finance'] }), { plan })
    expect(refusal(more)).toBe('no more of that is needed (finance); it takes 1 of legal more')
    const two = after(one, answer(one, { by: 'ben', roles: ['legal'] }), { plan })
    expect(two.ran).toEqual(['pay'])
  })
})

describe('a denial', () => {
  it('goes back to the model with the reason and the alternatives, and the run goes on', () => {
    const asked = ask()
    const denial = answer(asked, { decision: 'deny', reason: 'Not this month.' })
    const played = after(asked, denial)
    expect([played.ran, played.reason]).toEqual([[], 'completed'])
    expect(JSON.stringify(played.state.branch.transcript)).toContain(
      'Not executed. Denied by ana: Not this month. Legal tools here: look, mail, pay.',
    )
    expect(refusal(after(played, answer(asked)))).toMatch(/denied already/)
  })
  it('counts only from somebody who may approve', () => {
    const plan = planOf(spec({ approval: { by: ['finance'] } }), tools)
    const asked = ask(plan)
    const played = after(asked, answer(asked, { decision: 'deny' }), { plan })
    expect(refusal(played)).toMatch(/may not answer it/)
    expect(played.reason).toBe('needs_approval')
  })
})

describe('calls beside the one that waits', () => {
  it('wait for it, and go on after it; each needs its own approval', () => {
    const asked = ask(desk, [
      call('look', {}, 'c0'),
      pay50,
      call('pay', { amount: 60 }, 'c2'),
      call('mail', {}, 'c3'),
    ])
    expect(asked.ran).toEqual(['look'])
    const first = after(asked, answer(asked))
    expect([first.ran, first.reason]).toEqual([['pay'], 'needs_approval'])
    expect(request(first)).toMatchObject({ call: 'c2', args: { amount: 60 } })
    const replayed = after(first, answer(first, { request: request(asked).id }))
    expect(refusal(replayed)).toMatch(/used up/)
    const second = after(first, answer(first))
    expect(second.ran).toEqual(['pay', 'mail'])
  })
  it('are other branches: an answer lets go on the branch that asked, and only it', () => {
    const inner = planOf(
      spec({
        tools: { pay: { client: true, input: { type: 'object' } } },
        steps: { act: { prompt: 'Act.', tools: ['pay'] } },
        gates: { big: { on: 'pay', allow: 'false', else: 'approve' } },
      }),
    )
    const key = 'steps.fan.run'
    const compiled = compile(
      { workflow: 'desk', steps: { fan: { each: [1, 2], run: inner.spec } } },
      { tools: new Map(), workflows: new Map([[key, inner]]) },
    )
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues))
    const { plan } = compiled
    const side = (item: number): readonly Entry[] => {
      const branch = `b${item}`
      const id = `c${item}`
      return [
        {
          type: 'branch.started',
          branch,
          parent: '',
          call: null,
          item,
          digest: 'd',
          workflow: key,
          input: {},
          trusted: true,
          instructions: null,
        } as const,
        { type: 'step.entered', branch, step: 'act', visit: 1, message: null, prompt: '' } as const,
        {
          type: 'model.answered',
          branch,
          call: item + 1,
          parts: [call('pay', {}, id)],
          finish: 'tool-calls',
          usage: { input: 0, output: 0, cached: 0 },
        } as const,
      ]
    }
    const played = play(plan, { answers: [] }, [
      ...started(plan),
      { type: 'step.entered', step: 'fan', visit: 1, message: null, prompt: null },
      { type: 'items.listed', step: 'fan', items: [1, 2], trusted: true },
      ...side(0),
      ...side(1),
    ])
    expect(played.reason).toBe('needs_approval')
    const pending = played.state.rest?.pending ?? []
    expect(pending.map((each) => [each.branch, each.call])).toEqual([
      ['b0', 'c0'],
      ['b1', 'c1'],
    ])
    const second = pending[1]?.request ?? ''
    const seq = played.events.length + 1
    const yes: Event = { ...answer(played, { request: second }), seq }
    const next = given(plan, [...played.events, yes])
    expect(next.move).toMatchObject({
      type: 'record',
      events: [{ type: 'approval.granted', branch: 'b1', call: 'c1', left: 0 }],
    })
    const on = play(plan, { answers: [] }, [...played.events, yes])
    expect(on.state.branches.get('b1')?.batch[0]?.status).toBe('dispatched')
    expect(on.state.branches.get('b0')?.batch[0]?.status).toBe('held')
  })
})
