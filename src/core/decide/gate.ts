import { messageOf } from '../spec/message-of.ts'
import type { GateOutcome, Reservation, Verdict } from '../log/event.ts'
import type { State } from '../log/state.ts'
import { canonicalJson, jsonEquals, type JsonObject } from '../spec/json.ts'
import type { PlanGate, Provenance } from '../spec/plan.ts'

/*
 * One gate on one call. Every predicate must hold, else the gate's `else`; what cannot be decided
 * refuses, whatever `else` says (Law 4).
 */

/** A gate's answer, and the place it takes if the call is allowed. */
export interface Judged {
  readonly outcome: GateOutcome
  readonly reservation: Reservation | null
}

/** Why a predicate does not hold. `undecidable` refuses under any `else`. */
interface Objection {
  readonly reason: string
  readonly undecidable: boolean
}

/** Evaluates one gate over the committed facts. Never throws: what throws inside refuses (Law 4). */
export function judgeGate(gate: PlanGate, context: JsonObject, state: State): Judged {
  try {
    return evaluateGate(gate, context, state)
  } catch (error) {
    const reason = `could not be evaluated: ${messageOf(error)}`
    return { outcome: { gate: gate.name, verdict: 'refuse', reason }, reservation: null }
  }
}

function evaluateGate(gate: PlanGate, context: JsonObject, state: State): Judged {
  const place = limitKey(gate, context)
  const objections = [
    ...needs(gate, state),
    ...gate.from.flatMap((entry) => provenance(entry, context)),
    ...limit(gate, place, state),
    ...allow(gate, context),
    ...(gate.confirm ? [failed('the user has not confirmed this tool with these arguments')] : []),
  ]
  const reasons = objections.map((objection) => objection.reason)
  const verdict = verdictOf(gate, objections)
  const why = reasons.join('; ')
  const rule = gate.about === null ? why : `${gate.about.replace(/\.$/, '')} (${why})`
  const reason = reasons.length === 0 ? 'every rule holds' : rule
  return {
    outcome: { gate: gate.name, verdict, reason },
    reservation: gate.limit === null || place === null ? null : { gate: gate.name, key: place },
  }
}

function verdictOf(gate: PlanGate, objections: readonly Objection[]): Verdict {
  if (objections.length === 0) return 'allow'
  return objections.some((objection) => objection.undecidable) ? 'refuse' : gate.otherwise
}

function failed(reason: string): Objection {
  return { reason, undecidable: false }
}

function undecidable(reason: string): Objection {
  return { reason, undecidable: true }
}

function needs(gate: PlanGate, state: State): readonly Objection[] {
  return gate.needs
    .filter((tool) => !state.branch.successes.has(tool))
    .map((tool) => failed(`needs a successful ${tool} first`))
}

/** Every value at the argument must be one that a source gave; an absent argument passes. */
function provenance(entry: Provenance, context: JsonObject): readonly Objection[] {
  const values = entry.argument.select(context)
  if (values.length === 0) return []
  const known = entry.sources.flatMap((source) => source.select(context))
  const foreign = values.filter((value) => !known.some((each) => jsonEquals(each, value)))
  return foreign.slice(0, 3).map((value) => {
    const sources = entry.sources.map((source) => source.text).join(' or ')
    return failed(`${canonicalJson(value)} at ${entry.argument.text} did not come from ${sources}`)
  })
}

/** The key that a `limit` counts under; null when its `per` value is missing. */
function limitKey(gate: PlanGate, context: JsonObject): string | null {
  if (gate.limit === null) return null
  if (gate.limit.per === null) return ''
  const values = gate.limit.per.select(context)
  return values.length === 0
    ? null
    : canonicalJson(values.length === 1 ? (values[0] ?? null) : values)
}

function limit(gate: PlanGate, place: string | null, state: State): readonly Objection[] {
  if (gate.limit === null) return []
  const { calls, per } = gate.limit
  if (place === null) return [undecidable(`no value at ${per?.text ?? ''} to count by`)]
  const taken = state.reservations.get(gate.name)?.get(place) ?? 0
  if (taken < calls) return []
  return [
    failed(
      `limited to ${calls} ${calls === 1 ? 'call' : 'calls'}${place === '' ? '' : ` for ${place}`}`,
    ),
  ]
}

function allow(gate: PlanGate, context: JsonObject): readonly Objection[] {
  if (gate.allow === null) return []
  const value = gate.allow.evaluate(context)
  if (value === true) return []
  if (value === false) return [failed(`not so: ${gate.allow.source}`)]
  return [
    undecidable(
      `cannot be decided (${value === null ? 'a value is missing or of the wrong type' : 'no true or false'}): ${gate.allow.source}`,
    ),
  ]
}
