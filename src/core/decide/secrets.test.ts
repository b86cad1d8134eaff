import { expect, test } from 'vitest'
import { call, planOf, play, started, text } from '../given.ts'
import type { EventBody } from '../log/event.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ToolFacts } from '../spec/plan.ts'
import type { WorkflowSpec } from '../spec/spec.ts'

/*
 * Law 17 in the kernel: it never sees a plain secret, and its rules hold on references as they do on
 * any other text.
 */

const MINE = 'secret:AAAAAAAAAAAAAAAAAAAAAA'
const THEIRS = 'secret:BBBBBBBBBBBBBBBBBBBBBB'

const secret: JsonObject = { type: 'string', secret: true, minLength: 40, pattern: '^sk-' }
const charge: Partial<ToolFacts> = {
  input: { type: 'object', required: ['card'], properties: { card: secret } },
}

function workflow(gates: NonNullable<WorkflowSpec['gates']> = {}): WorkflowSpec {
  return {
    workflow: 'shop',
    input: { type: 'object', properties: { card: secret } },
    gates,
    steps: { act: { prompt: 'Charge.', tools: ['charge'] } },
  }
}

/** Plays calls with these cards, in one message each, in a run whose input is MINE. */
function charges(gates: WorkflowSpec['gates'], ...cards: readonly string[]): readonly string[] {
  const plan = planOf(workflow(gates), { charge })
  const answers = cards.map((card, index) => [call('charge', { card }, `c${index}`)])
  const played = play(
    plan,
    { answers: [...answers, [text('done')]] },
    started(plan, { card: MINE }),
  )
  return verdicts(played.events)
}

function verdicts(events: readonly EventBody[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type !== 'call.judged') return []
    const against = event.gates.find(({ verdict }) => verdict !== 'allow')
    return against === undefined ? ['allow'] : [`${against.verdict} ${against.gate}`]
  })
}

test('a reference fits where the schema marks a secret, whatever else it asks of the plain value', () => {
  expect(charges({}, MINE)).toEqual(['allow'])
})

test('a plain value that came as far as the kernel is refused', () => {
  expect(charges({}, `sk-${'x'.repeat(40)}`, 'secret:short')).toEqual([
    'refuse arguments',
    'refuse arguments',
  ])
})

test('`from` compares references', () => {
  const gates = { own: { on: 'charge', from: { card: '$.input.card' } } }
  expect(charges(gates, THEIRS, MINE)).toEqual(['refuse own', 'allow'])
})

test('`allow` compares references', () => {
  const gates = { own: { on: 'charge', allow: "get('$.args.card') == get('$.input.card')" } }
  expect(charges(gates, THEIRS, MINE)).toEqual(['refuse own', 'allow'])
})

test('`limit per` counts equal secrets together', () => {
  const gates = { once: { on: 'charge', limit: { calls: 1, per: '$.args.card' } } }
  expect(charges(gates, MINE, MINE, THEIRS)).toEqual(['allow', 'refuse once', 'allow'])
})

test('a confirmation is of exactly this secret', () => {
  const plan = planOf(workflow({ sure: { on: 'charge', confirm: true } }), { charge })
  const confirmed: EventBody = { type: 'user.confirmed', tool: 'charge', args: { card: MINE } }
  const said = [...started(plan, { card: MINE }), confirmed]
  const with_ = (card: string): readonly string[] =>
    verdicts(play(plan, { answers: [[call('charge', { card })], [text('done')]] }, said).events)
  expect([with_(THEIRS), with_(MINE)]).toEqual([['approve sure'], ['allow']])
})

test('a model is shown a text that is to be given as it stands, and none of the rules of the plain value', () => {
  const plan = planOf(workflow(), { charge })
  expect(plan.tools.get('charge')?.input['properties']).toEqual({
    card: { type: 'string', description: 'Secret: give the reference (secret:…) as it stands.' },
  })
})
