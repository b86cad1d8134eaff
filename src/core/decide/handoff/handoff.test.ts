import { describe, expect, it } from 'vitest'
import { call, given, planOf, play, started, text, type Played } from '../../given.ts'
import type { Effect } from '../effect.ts'
import type { EventBody } from '../../log/event.ts'
import { handoffRecord, type HandoffRecord } from '../../log/record/handoff-record.ts'
import type { HandoffSpec, WorkflowSpec } from '../../spec/spec.ts'
import type { Plan } from '../../spec/plan.ts'

/*
 * S2.3: get_customer -(verified?)-> lookup_order -(policy)-> process_refund -(threshold?)-> BLOCK ->
 * a person.
 */

function shop(handoff?: HandoffSpec): Plan {
  return planOf(
    {
      workflow: 'shop',
      steps: [
        {
          name: 'serve',
          prompt: 'Serve.',
          tools: ['get_customer', 'lookup_order', 'process_refund', 'escalate_to_human'],
        },
      ],
      gates: {
        verified: {
          on: ['lookup_order', 'process_refund'],
          allow: "get('$.tools.get_customer.outputs.latest.verified') == true",
        },
        small: {
          about: 'A person decides on more than 500.',
          on: 'process_refund',
          allow: "get('$.args.amount') <= 500",
          else: 'escalate',
        },
      },
      ...(handoff === undefined ? {} : { handoff }),
    },
    {
      get_customer: { effect: 'read' },
      lookup_order: { effect: 'read' },
      process_refund: { effect: 'write' },
    },
  )
}

const tools = {
  get_customer: () => ({ customer_id: 'c-1', verified: true }),
  lookup_order: () => ({ order_id: 'o-502', customer_id: 'c-1', total: 900 }),
}
const refund = call('process_refund', { order_id: 'o-502', amount: 900 })
const known = [[call('get_customer', { email: 'ada@example.com' })], [call('lookup_order')]]
const message = 'My order o-502 never came.\nI want my 900 back.'

function serve(plan: Plan, answers: Parameters<typeof play>[1]['answers']): Played {
  return play(plan, { answers, tools }, started(plan, { message }))
}

function packetOf(played: Played): HandoffRecord {
  const packet = handoffRecord(played.events)
  if (packet === null) throw new Error(`no handoff: the run rests ${played.reason}`)
  return packet
}

describe('a call above a threshold (S2.3, S2.15)', () => {
  const played = serve(shop(), [...known, [refund]])

  it('is not executed, and the run is handed off with no word of a model', () => {
    expect(played.reason).toBe('handed_off')
    expect(played.ran).toEqual(['get_customer', 'lookup_order'])
  })

  it('gives a whole packet by code alone, though the workflow says nothing of handoffs (S2.11)', () => {
    const [asked, got, found] = ['run.started', 'tool.returned', 'call.judged'].map((type) =>
      played.events.filter((event) => event.type === type).map(({ seq }) => seq),
    )
    expect(packetOf(played)).toMatchObject({
      subject: 'My order o-502 never came.',
      customer_id: 'c-1',
      summary: expect.stringContaining(`“${message}” [#${asked?.[0]}]`),
      findings: [
        { seq: got?.[0], tool: 'get_customer', output: { verified: true } },
        { seq: got?.[1], tool: 'lookup_order', output: { total: 900 } },
      ],
      root_cause: expect.stringContaining('Gate small holds process_refund'),
      attempts: [{ seq: found?.[2], tool: 'process_refund', gate: 'small', outcome: 'escalated' }],
      amounts: [
        { name: 'process_refund.amount', value: 900, seq: found?.[2] },
        { name: 'lookup_order.total', value: 900, seq: got?.[1] },
      ],
      recommended_action: expect.stringContaining('Decide on process_refund'),
      urgency: 'normal',
      open_questions: [],
      held: { tool: 'process_refund', args: { order_id: 'o-502', amount: 900 } },
      missing: [],
    })
  })

  it('is the same packet whenever the same log is folded (Law 9)', () => {
    const bodies = played.events.map(({ v: _v, seq: _seq, at: _at, ...body }) => body)
    expect(given(shop(), bodies).state.handoff?.packet).toEqual(played.state.handoff?.packet)
  })
})

it('names what the same message asked for behind the held call', () => {
  const small = call('process_refund', { order_id: 'o-501', amount: 20 })
  const played = serve(shop(), [...known, [refund, small]])
  expect(played.ran).toEqual(['get_customer', 'lookup_order'])
  expect(packetOf(played).open_questions).toEqual([
    'What about process_refund {"order_id":"o-501","amount":20}? It was asked for as well, and not tried.',
  ])
})

describe('what was tried before', () => {
  const played = serve(shop(), [
    [refund],
    [call('escalate_to_human', { reason: 'They insist.', urgency: 'low' })],
  ])

  it('is in the packet with the gates that refused it', () => {
    const { root_cause: cause, recommended_action: action, held, amounts } = packetOf(played)
    expect(cause).toContain('The model asked for a person: They insist.')
    expect(cause).toContain('gate verified refused it')
    expect(action).toContain('Decide on process_refund {"order_id":"o-502","amount":900}')
    expect(held).toBeNull()
    expect(amounts).toMatchObject([{ name: 'process_refund.amount', value: 900 }])
  })

  it('leaves the customer open rather than to guess', () => {
    expect(packetOf(played)).toMatchObject({ customer_id: null, missing: [] })
  })
})

describe('who it is about', () => {
  const twice = (name: string, ids: readonly string[]): Played => {
    const plan = planOf(
      { workflow: 'w', steps: [{ name: 's', prompt: 'S.', tools: [name, 'escalate_to_human'] }] },
      { [name]: { effect: 'read' } },
    )
    const answers = [...ids.map(() => [call(name)]), [call('escalate_to_human', { reason: 'r' })]]
    let at = 0
    return play(plan, { answers, tools: { [name]: () => ({ customer_id: ids[at++] ?? '' }) } })
  }

  it('is the one that the newest look at a customer gave', () => {
    expect(packetOf(twice('find_user', ['c-1', 'c-2'])).customer_id).toBe('c-2')
  })

  it('is nobody where other results name two; the packet asks', () => {
    const packet = packetOf(twice('lookup_order', ['c-1', 'c-3']))
    expect(packet.customer_id).toBeNull()
    expect(packet.open_questions).toEqual(['Which customer is it: c-3 or c-1?'])
  })

  it('is never read from an untrusted result', () => {
    const plan = planOf(
      {
        workflow: 'w',
        tools: { read_page: { trust: 'untrusted' } },
        steps: [{ name: 's', prompt: 'S.', tools: ['read_page', 'escalate_to_human'] }],
      },
      { read_page: { effect: 'read' } },
    )
    const answers = [[call('read_page')], [call('escalate_to_human', { reason: 'r' })]]
    const played = play(plan, { answers, tools: { read_page: () => ({ customer_id: 'evil' }) } })
    expect(packetOf(played).customer_id).toBeNull()
  })
})

describe('a handoff of the workflow’s own', () => {
  const own: HandoffSpec = {
    subject: 'Refund: {{message}}',
    customer: '$.tools.get_customer.outputs.latest.customer_id',
    amounts: { wanted: '$.args.amount', paid: '$.tools.lookup_order.outputs.latest.total' },
    urgency: { high: "get('$.tools.lookup_order.outputs.latest.total') > 800" },
    schema: {
      type: 'object',
      required: ['order_id', 'policy'],
      properties: {
        order_id: { type: 'string' },
        policy: { type: 'string', minLength: 3 },
        refund_id: { type: 'string' },
      },
    },
    fields: { order_id: '$.tools.lookup_order.outputs.latest.order_id' },
  }
  const plan = shop(own)
  const escalate = (args: Record<string, string>): ReturnType<typeof call> =>
    call('escalate_to_human', { reason: 'over the limit', ...args })

  it('fills its fields from facts and the model’s words, and raises the urgency by facts (Law 15)', () => {
    const played = serve(plan, [
      ...known,
      [escalate({ policy: 'no refund above 500', urgency: 'low' })],
    ])
    expect(played.reason).toBe('handed_off')
    expect(packetOf(played)).toMatchObject({
      subject: 'Refund: My order o-502 never came.',
      urgency: 'high',
      fields: { order_id: 'o-502', policy: 'no refund above 500' },
      amounts: [{ name: 'paid', value: 900 }],
    })
  })

  it('offers the fields to the model as arguments, none of them required', () => {
    expect(plan.tools.get('escalate_to_human')?.input).toMatchObject({
      required: ['reason'],
      properties: { reason: {}, summary: {}, order_id: {}, policy: {} },
    })
  })

  it('sends an escalation without context back once, naming what is missing (S2.12)', () => {
    const played = serve(plan, [...known, [escalate({})], [escalate({ policy: 'none found' })]])
    expect(played.reason).toBe('handed_off')
    const refused = played.events.findLast(
      (event) => event.type === 'call.judged' && event.verdict === 'refuse',
    )
    expect(refused).toMatchObject({
      message: expect.stringContaining('the handoff lacks policy'),
      gates: [{ gate: 'handoff' }],
    })
  })

  it('rests escalated with what is missing when the second one lacks it too', () => {
    const played = serve(plan, [[escalate({})], [escalate({})]])
    expect(played.reason).toBe('escalated')
    expect(packetOf(played).missing).toEqual(['customer_id', 'order_id', 'policy'])
    expect(played.state.rest?.message).toContain('lacks customer_id, order_id, policy')
    expect(packetOf(played).open_questions).toContain('What is policy? The handoff has to say it.')
  })

  it('rests escalated at once where a gate holds the call, for no model is asked', () => {
    const played = serve(plan, [...known, [refund]])
    expect(played.reason).toBe('escalated')
    expect(packetOf(played)).toMatchObject({
      missing: ['policy'],
      amounts: [
        { name: 'wanted', value: 900 },
        { name: 'paid', value: 900 },
      ],
    })
  })

  it('is handed off once a person has filled in what was missing', () => {
    const played = serve(plan, [...known, [refund]])
    const filled: EventBody = { type: 'handoff.filled', fields: { policy: 'none' }, by: 'ana' }
    const bodies = played.events.map(({ v: _v, seq: _seq, at: _at, ...body }) => body)
    const again = play(plan, { answers: [] }, [...bodies, filled])
    expect(again.reason).toBe('handed_off')
    expect(packetOf(again)).toMatchObject({
      missing: [],
      fields: { policy: 'none' },
      open_questions: [],
    })
    const wrong: EventBody = { type: 'handoff.filled', fields: { policy: 'x' }, by: 'ana' }
    const still = play(plan, { answers: [] }, [...bodies, wrong])
    expect(still.reason).toBe('escalated')
    expect(packetOf(still).missing).toEqual([expect.stringContaining('fields: policy must NOT')])
  })

  it('takes no id and no number from the model that nobody gave', () => {
    const said = { policy: 'none', refund_id: 'r-666' }
    expect(packetOf(serve(plan, [...known, [escalate(said)]])).fields).not.toHaveProperty(
      'refund_id',
    )
    const real = { policy: 'none', refund_id: 'o-502' }
    expect(packetOf(serve(plan, [...known, [escalate(real)]])).fields).toMatchObject(real)
  })
})

describe('an explicit request for a person', () => {
  const plan = shop({ when: "get('$.user.request.latest.person') == true" })
  const asked: EventBody = { type: 'user.stated', kind: 'request', facts: { person: true } }

  it('hands over before any model is asked', () => {
    const [first, turn] = started(plan, { message })
    if (first === undefined || turn === undefined) throw new Error('no start')
    const played = play(plan, { answers: [] }, [first, asked, turn])
    expect(played.reason).toBe('handed_off')
    expect(played.events.some((event) => event.type === 'model.called')).toBe(false)
    expect(packetOf(played)).toMatchObject({ held: null, subject: 'My order o-502 never came.' })
  })

  it('is not one where nobody asked', () => {
    expect(serve(plan, [[text('Hello.')]]).reason).toBe('completed')
  })
})

describe('delivery', () => {
  const webhook = { url: 'https://desk.example/handoffs', tries: 2 }
  const plan = shop({ webhook })
  const bodies = (): readonly EventBody[] => {
    const { events } = serve(shop(), [...known, [refund]])
    const upTo = events.findIndex((event) => event.type === 'handoff.compiled')
    return events
      .slice(0, upTo + 1)
      .map(({ v: _v, seq: _seq, at: _at, ...body }) => body)
      .map((body) => (body.type === 'run.started' ? { ...body, digest: plan.digest } : body))
  }
  const error = { code: 'UNDELIVERED', message: 'desk.example answered 500' }
  const failed = (attempt: number): EventBody => ({ type: 'handoff.failed', attempt, error })
  const due: EventBody = { type: 'wait.ended', wait: 'handoff' }

  it('comes before the rest, and once', () => {
    expect(given(plan, bodies()).move).toEqual({
      type: 'perform',
      effects: [{ type: 'deliver-handoff', attempt: 1 }],
    })
    const done = given(plan, [...bodies(), { type: 'handoff.delivered', attempt: 1 }])
    expect(done.move).toMatchObject({ events: [{ type: 'run.rested', reason: 'handed_off' }] })
  })

  it('is tried again after a wait, at most as often as the workflow says', () => {
    expect(given(plan, [...bodies(), failed(1)]).move).toMatchObject({
      effects: [{ type: 'wait', wait: 'handoff', delayMs: 1000 }],
    })
    expect(given(plan, [...bodies(), failed(1), due]).move).toMatchObject({
      effects: [{ type: 'deliver-handoff', attempt: 2 }],
    })
    expect(given(plan, [...bodies(), failed(1), due, failed(2)]).move).toMatchObject({
      events: [{ reason: 'handed_off', message: expect.stringContaining('not delivered after 2') }],
    })
  })

  it('is not tried again where that cannot help', () => {
    const lost: EventBody = {
      type: 'handoff.failed',
      attempt: 1,
      error: { ...error, retryable: false },
    }
    expect(given(plan, [...bodies(), lost]).move).toMatchObject({
      events: [{ type: 'run.rested' }],
    })
  })

  it('is tried again when somebody resumes a run whose handoff nobody took', () => {
    const rested: EventBody = { type: 'run.rested', reason: 'handed_off', message: '' }
    const log = [...bodies(), failed(1), due, failed(2), rested, { type: 'run.resumed' } as const]
    expect(given(plan, log).move).toMatchObject({
      effects: [{ type: 'deliver-handoff', attempt: 3 }],
    })
  })
})

describe('a sub-run that needs a person (Law 18)', () => {
  const child: WorkflowSpec = {
    workflow: 'look-into',
    steps: [{ name: 'look', prompt: 'Look.', tools: ['find', 'pay', 'escalate_to_human'] }],
  }
  const handoff: HandoffSpec = {
    customer: '$.tools.get_customer.outputs.latest.customer_id',
    webhook: { url: 'https://desk.example/' },
  }
  const facts = { get_customer: { effect: 'read' }, find: { effect: 'read' } } as const
  const plan = planOf(
    {
      workflow: 'desk',
      handoff,
      tools: { audit: { workflow: child } },
      steps: [{ name: 'serve', prompt: 'Serve.', tools: ['get_customer', 'audit'] }],
    },
    { ...facts, pay: { effect: 'write' } },
  )
  const fan = planOf(
    {
      workflow: 'desk',
      steps: [{ name: 'serve', each: ['pay', 'person'], run: child, parallel: 2 }],
    },
    { ...facts, pay: { effect: 'write' } },
  )

  it('hands the whole run over, with what the run and the sub-run found', () => {
    const answers = [
      [call('get_customer')],
      [call('audit', { about: 'o-502' })],
      [call('find')],
      [call('escalate_to_human', { reason: 'It is fraud.' })],
    ]
    const played = play(plan, { answers, tools }, started(plan, { message }))
    expect(played.reason).toBe('handed_off')
    expect(packetOf(played)).toMatchObject({
      workflow: 'desk',
      customer_id: 'c-1',
      subject: 'My order o-502 never came.',
      findings: [{ tool: 'get_customer' }, { tool: 'find' }],
      root_cause: expect.stringContaining('It is fraud.'),
      missing: [],
      delivery: { delivered: true },
    })
  })

  it('waits for what other sub-runs have under way: a write is not cut off', () => {
    const say = (of: { readonly branch?: string }): readonly ReturnType<typeof call>[] => [
      of.branch?.endsWith('0') === true ? call('pay') : call('escalate_to_human', { reason: 'r' }),
    ]
    // Models answer before tools return: the write is under way when a person is asked for.
    const pick = (effects: readonly Effect[]): number =>
      Math.max(
        0,
        effects.findIndex((effect) => effect.type === 'call-model'),
      )
    const played = play(fan, { answers: [], say, pick })
    const types = played.events.map((event) => event.type)
    expect(played.ran).toEqual(['pay'])
    expect(types.indexOf('tool.returned')).toBeLessThan(types.indexOf('handoff.compiled'))
    expect(played.reason).toBe('handed_off')
  })
})

it('does not come along to a copy of the run: the held call is judged there anew (Law 8)', () => {
  const { events } = serve(shop(), [...known, [refund]])
  const bodies = events.map(({ v: _v, seq: _seq, at: _at, ...body }) => body)
  const forked: EventBody = {
    type: 'run.forked',
    run: 'copy',
    from: 'run',
    position: events.length,
    family: 'run',
    by: null,
  }
  const copy = given(shop(), [...bodies, forked])
  expect(copy.state.handoff).toBeNull()
  expect(copy.move).toMatchObject({ events: [{ type: 'call.judged', verdict: 'escalate' }] })
  const again = play(shop(), { answers: [] }, [...bodies, forked])
  expect(packetOf(again).run).toBe('copy')
})
