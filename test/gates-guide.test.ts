import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { call, planOf, play, started, text, type Played } from '../src/core/given.ts'
import type { AnswerPart, EventBody } from '../src/core/log/event.ts'
import { FUNCTIONS } from '../src/core/spec/condition/condition-library.ts'
import { isJsonObject, type Json, type JsonObject } from '../src/core/spec/json.ts'
import { parseSpec } from '../src/core/spec/parse-spec.ts'
import type { Plan } from '../src/core/spec/plan.ts'

/*
 * docs/gates.md is what a stranger writes gates from: every gate in it compiles, and the recipes hold
 * what they say.
 */

const guide = readFileSync(join(import.meta.dirname, '../docs/gates.md'), 'utf8')
const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml)

function namesIn(gates: JsonObject): readonly string[] {
  const written = JSON.stringify(gates)
  const named = Object.values(gates).flatMap((gate) =>
    isJsonObject(gate) ? [gate['on'], gate['needs'], gate['except']].flat() : [],
  )
  const read = [...written.matchAll(/\$\.tools\.(\w+)|@\.tool == '(\w+)'/g)].map(
    ([, path, filter]) => path ?? filter,
  )
  return [...named, ...read]
    .filter((name) => typeof name === 'string')
    .filter((name) => name !== '*')
}

function planFor(gates: JsonObject, more: readonly string[] = []): Plan {
  const tools = [...new Set([...namesIn(gates), ...more])]
  const parsed = parseSpec({
    workflow: 'guide',
    gates,
    steps: [{ prompt: 'Go.', tools: [...tools, 'finish'] }],
  })
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  return planOf(parsed.spec, Object.fromEntries(tools.map((name) => [name, {}])))
}

function gatesOf(yaml: string): JsonObject {
  const value: unknown = parse(yaml)
  const gates = isJsonObject(value) ? value['gates'] : undefined
  if (!isJsonObject(gates)) throw new Error(`no gates in ${yaml}`)
  return gates
}

/** The gates of all blocks by name: later ones are other recipes, under other names. */
const all: JsonObject = Object.assign({}, ...blocks.map(gatesOf))

function under(
  names: readonly string[],
  steps: readonly (readonly [string, JsonObject, Json])[],
  first: readonly EventBody[] = [],
): Played {
  const gates = Object.fromEntries(names.map((name) => [name, all[name] ?? null]))
  const plan = planFor(
    gates,
    steps.map(([tool]) => tool),
  )
  const answers: AnswerPart[][] = steps.map(([tool, args]) => [call(tool, args)])
  const results = [...steps]
  const next = (args: Json): Json => results.find((step) => step[1] === args)?.[2] ?? null
  const tools = Object.fromEntries([...plan.tools.keys()].map((name) => [name, next]))
  return play(plan, { answers: [...answers, [text('end')]], tools }, [...started(plan), ...first])
}

describe('docs/gates.md', () => {
  it('has gates that compile', () => {
    expect(blocks.length).toBeGreaterThan(9)
    for (const block of blocks) expect(() => planFor(gatesOf(block)), block).not.toThrow()
  })
  it('has at most 300 lines and names every function', () => {
    expect(guide.trimEnd().split('\n').length).toBeLessThanOrEqual(300)
    const missing = [...FUNCTIONS.keys()].filter((name) => !guide.includes(`${name}(`))
    expect(missing).toEqual([])
  })
})

describe('the recipes', () => {
  const order = { order_id: '#1', status: 'pending', user_id: 'ann', items: [{ item_id: 'a' }] }
  it('know the first user only, and end with a transfer', () => {
    const find = ['find_user_id_by_email', { email: 'a' }, 'ann'] as const
    const ran = under(
      ['identified', 'transferred', 'one_user'],
      [
        ['get_user_details', { user_id: 'ann' }, {}],
        find,
        ['find_user_id_by_email', { email: 'b' }, 'bob'],
        ['get_user_details', { user_id: 'ann', again: 1 }, {}],
        ['get_user_details', { user_id: 'bob' }, {}],
        ['transfer_to_human_agents', {}, null],
        ['get_user_details', { user_id: 'ann', last: 1 }, {}],
      ],
    ).ran
    expect(ran).toEqual([
      'find_user_id_by_email',
      'find_user_id_by_email',
      'get_user_details',
      'transfer_to_human_agents',
    ])
  })
  it('hold a second change of the same order, and items of another', () => {
    const change = (id: string, from: string, to: string): JsonObject => ({
      order_id: id,
      item_ids: [from],
      new_item_ids: [to],
    })
    const names = ['other_items', 'its_items', 'items_once', 'items_last', 'pending']
    const read = ['get_order_details', { order_id: '#1' }, order] as const
    const steps = [
      read,
      ['modify_pending_order_items', change('#1', 'a', 'a'), null],
      ['modify_pending_order_items', change('#1', 'x', 'b'), null],
      ['modify_pending_order_items', change('#2', 'a', 'b'), null],
      [
        'modify_pending_order_items',
        change('#1', 'a', 'b'),
        { ...order, status: 'pending (item modified)' },
      ],
      ['modify_pending_order_items', change('#1', 'a', 'c'), null],
      ['cancel_pending_order', { order_id: '#1' }, null],
    ] as const
    const played = under([...names, 'verified'], [['find_user_id_by_email', {}, 'ann'], ...steps])
    expect(played.ran).toEqual([
      'find_user_id_by_email',
      'get_order_details',
      'modify_pending_order_items',
    ])
  })
  it('cancel within a day, in business, or insured with a stated reason', () => {
    const stated: EventBody = {
      type: 'user.stated',
      kind: 'states',
      facts: { reservation_id: 'C', cancel_reason: 'health' },
    }
    const flights = [{ flight_number: 'F1', date: '2024-05-20' }]
    const book = (id: string, rest: JsonObject): readonly [string, JsonObject, Json] => [
      'get_reservation_details',
      { reservation_id: id },
      {
        reservation_id: id,
        created_at: '2024-05-01T10:00:00',
        cabin: 'economy',
        insurance: 'no',
        flights,
        ...rest,
      },
    ]
    const cancel = (id: string): readonly [string, JsonObject, Json] => [
      'cancel_reservation',
      { reservation_id: id },
      null,
    ]
    const done = (id: string, rest: JsonObject): boolean => {
      const plan = under(['may_cancel', 'not_flown'], [book(id, rest), cancel(id)], [stated])
      return plan.ran.includes('cancel_reservation')
    }
    expect(done('A', {})).toBe(false)
    expect(done('A', { created_at: '2024-05-15T10:00:00' })).toBe(true)
    expect(done('A', { created_at: '2024-05-14T14:59:59' })).toBe(false)
    expect(done('B', { cabin: 'business' })).toBe(true)
    expect(done('C', { insurance: 'yes' })).toBe(true)
    expect(done('D', { insurance: 'yes' })).toBe(false)
    expect(done('B', { cabin: 'business', flights: [{ date: '2024-05-14' }] })).toBe(false)
  })
  it('count and bound payments, and bags', () => {
    const user = {
      membership: 'silver',
      payment_methods: {
        certificate_1: { amount: 100 },
        gift_card_1: { amount: 50 },
        credit_card_1: {},
      },
    }
    const book = (payments: Json, bags = 0): boolean =>
      under(
        ['payments', 'payment_counts', 'five', 'baggage'],
        [
          ['get_user_details', { user_id: 'u' }, user],
          [
            'book_reservation',
            {
              payment_methods: payments,
              passengers: [{}],
              cabin: 'economy',
              total_baggages: 2 + bags,
              nonfree_baggages: 0,
            },
            null,
          ],
        ],
      ).ran.includes('book_reservation')
    const pay = (payment_id: string, amount: number): Json => ({ payment_id, amount })
    expect(book([pay('certificate_1', 100), pay('credit_card_1', 900)])).toBe(true)
    expect(book([pay('certificate_1', 101)])).toBe(false)
    expect(book([pay('certificate_2', 1)])).toBe(false)
    expect(book([pay('gift_card_1', 20), pay('gift_card_1', 20)])).toBe(false)
    expect(book([pay('credit_card_1', 5)], 1)).toBe(false)
  })
  it('leave passengers and basic economy flights as they are', () => {
    const flights = [{ flight_number: 'F1', date: '2024-05-20', price: 10 }]
    const known = {
      reservation_id: 'A',
      cabin: 'basic_economy',
      passengers: [{ name: 'x' }],
      flights,
    }
    const ran = under(
      ['same_count', 'no_basic_change'],
      [
        ['get_reservation_details', { reservation_id: 'A' }, known],
        ['update_reservation_passengers', { reservation_id: 'A', passengers: [{}, {}] }, null],
        [
          'update_reservation_passengers',
          { reservation_id: 'A', passengers: [{ name: 'y' }] },
          null,
        ],
        [
          'update_reservation_flights',
          { reservation_id: 'A', flights: [{ flight_number: 'F2', date: '2024-05-20' }] },
          null,
        ],
        [
          'update_reservation_flights',
          { reservation_id: 'A', flights: [{ flight_number: 'F1', date: '2024-05-20' }] },
          null,
        ],
      ],
    ).ran
    expect(ran).toEqual([
      'get_reservation_details',
      'update_reservation_passengers',
      'update_reservation_flights',
    ])
  })
})
