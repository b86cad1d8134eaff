import type { BatchCall } from '../../log/call.ts'
import { confirmationIn, confirmationKey } from '../../log/confirmation.ts'
import type { GateOutcome, Reservation, Verdict } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Condition } from '../../spec/condition/condition.ts'
import { shownCondition, whyUndecided } from '../../spec/condition/condition-undecided.ts'
import { canonicalJson, jsonEquals, type JsonObject } from '../../spec/json.ts'
import { messageOf } from '../../spec/message-of.ts'
import type { Plan, PlanGate, Provenance } from '../../spec/plan.ts'
import { unseenArtifacts } from '../reference/references-gate.ts'
import { factsRead } from './facts-read.ts'
import { failed, undecidable, type Objection } from './objection.ts'
import { taintOf } from './taint.ts'

/*
 * One gate on one call. Every predicate must hold, else the gate's `else`; what cannot be decided
 * refuses, whatever `else` says (Law 4).
 */

/** A call that a gate judges, and what it may read. */
interface Judging {
  readonly plan: Plan
  readonly state: State
  readonly call: BatchCall
  readonly context: JsonObject
}

/** A gate's answer, and what it uses up if the call is allowed: a place, the user's confirmation. */
export interface Judged {
  readonly outcome: GateOutcome
  readonly reservation: Reservation | null
  readonly confirmation: string | null
}

/** Evaluates one gate over the committed facts. Never throws: what throws inside refuses (Law 4). */
export function judgeGate(gate: PlanGate, on: Judging): Judged {
  try {
    return evaluateGate(gate, on)
  } catch (error) {
    const reason = `could not be evaluated: ${messageOf(error)}`
    const outcome: GateOutcome = { gate: gate.name, verdict: 'refuse', reason }
    return { outcome, reservation: null, confirmation: null }
  }
}

/**
 * True when a gate refuses a tool already, whatever it would be called with: one of its rules that
 * reads no arguments does not hold, nor will it by itself with time. `context` is that of a gate.
 */
export function isDecidedAgainst(
  gate: PlanGate,
  { state, context }: Pick<Judging, 'state' | 'context'>,
): boolean {
  if (gate.otherwise !== 'refuse') return false
  if (needs(gate, state).length > 0) return true
  if (gate.limit?.per === null && limit(gate, '', state).length > 0) return true
  return gate.allow !== null && isFixed(gate.allow) && allow(gate, context).length > 0
}

/** True where neither what a call says nor the passing of time can change what a condition gives. */
function isFixed({ readsAny, roots }: Condition): boolean {
  return !readsAny && !roots.has('args') && !roots.has('now')
}

const MAX_FACTS = 8

function evaluateGate(gate: PlanGate, on: Judging): Judged {
  const { context, state, call } = on
  const place = limitKey(gate, context)
  const confirmation = gate.confirm
    ? confirmationIn(state.branch.id, confirmationKey(call.tool, call.args))
    : null
  const objections = [
    ...needs(gate, state),
    ...gate.from.flatMap((entry) => provenance(entry, context)),
    ...limit(gate, place, state),
    ...allow(gate, context),
    ...clean(gate, on),
    ...checked(gate, call),
    ...confirmed(confirmation, state),
    ...unseenArtifacts(gate, on),
  ]
  const verdict = verdictOf(gate, objections)
  const facts = [
    ...factsRead(gate, on),
    ...objections.flatMap((objection) => objection.facts ?? []),
  ]
  const seqs = [...new Set(facts)].toSorted((left, right) => left - right).slice(-MAX_FACTS)
  const onlyConfirm = objections.length > 0 && objections.every(({ confirm }) => confirm === true)
  return {
    outcome: {
      gate: gate.name,
      verdict,
      reason: reasonOf(gate, objections),
      ...(seqs.length === 0 ? {} : { facts: seqs }),
      ...(onlyConfirm && verdict === 'approve' ? { confirm: true } : {}),
      ...(verdict === 'approve' ? { rules: [...new Set(objections.map(({ rule }) => rule))] } : {}),
    },
    reservation: gate.limit === null || place === null ? null : { gate: gate.name, key: place },
    confirmation,
  }
}

function reasonOf(gate: PlanGate, objections: readonly Objection[]): string {
  if (objections.length === 0) return 'every rule holds'
  const why = objections.map((objection) => objection.reason).join('; ')
  return gate.about === null ? why : `${gate.about.replace(/\.$/, '')} (${why})`
}

function verdictOf(gate: PlanGate, objections: readonly Objection[]): Verdict {
  if (objections.length === 0) return 'allow'
  return objections.some((objection) => objection.undecidable) ? 'refuse' : gate.otherwise
}

function needs(gate: PlanGate, state: State): readonly Objection[] {
  return gate.needs
    .filter((tool) => !state.branch.successes.has(tool))
    .map((tool) => failed(`needs ${tool}`, `needs a successful ${tool} first`))
}

/** Every value at the argument must be one that a source gave; an absent argument passes. */
function provenance(entry: Provenance, context: JsonObject): readonly Objection[] {
  const values = entry.argument.select(context)
  if (values.length === 0) return []
  const known = entry.sources.flatMap((source) => source.select(context))
  const foreign = values.filter((value) => !known.some((each) => jsonEquals(each, value)))
  return foreign.slice(0, 3).map((value) => {
    const sources = entry.sources.map((source) => source.text).join(' or ')
    const reason = `${canonicalJson(value)} at ${entry.argument.text} did not come from ${sources}`
    return failed(`from ${entry.argument.text}`, reason)
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
  if (place === null) return [undecidable('limit', `no value at ${per?.text ?? ''} to count by`)]
  const taken = state.reservations.get(gate.name)?.get(place) ?? 0
  if (taken < calls) return []
  return [
    failed(
      'limit',
      `limited to ${calls} ${calls === 1 ? 'call' : 'calls'}${place === '' ? '' : ` for ${place}`}`,
    ),
  ]
}

function allow(gate: PlanGate, context: JsonObject): readonly Objection[] {
  if (gate.allow === null) return []
  const value = gate.allow.evaluate(context)
  if (value === true) return []
  const condition = shownCondition(gate.allow)
  if (value === false) return [failed('allow', `not so: ${condition}`)]
  const why = value === null ? whyUndecided(gate.allow, context) : 'no true or false'
  return [undecidable('allow', `cannot be decided (${why}): ${condition}`)]
}

/** A value at a `clean` argument may not come from untrusted results alone (issue 3, taint). */
function clean(gate: PlanGate, on: Judging): readonly Objection[] {
  return gate.clean.flatMap((argument) =>
    argument.select(on.context).flatMap((value) => {
      const taint = taintOf(value, on)
      if (taint === null) return []
      const reason = `${JSON.stringify(taint.value)} at ${argument.text} occurs only in what untrusted ${taint.tool} returned (event ${taint.seq}), not in the user's words or a trusted result`
      return [{ ...failed(`clean ${argument.text}`, reason), facts: [taint.seq] }]
    }),
  )
}

/** What the gate's function answered; without a clear yes or no the call is refused (Law 4). */
function checked(gate: PlanGate, call: BatchCall): readonly Objection[] {
  if (gate.check === null) return []
  const answer = call.checks.get(gate.name)
  if (answer === undefined) return [undecidable('check', 'its check has not answered')]
  if (!answer.ok) {
    const { code, message } = answer.error
    return [undecidable('check', `its check failed: ${code}: ${message}`)]
  }
  if (answer.holds) return []
  const says = 'its check says no'
  return [failed('check', answer.reason === '' ? says : `${says}: ${answer.reason}`)]
}

/** The user's yes to exactly this tool with these arguments; the verdict that it allows uses it up. */
function confirmed(key: string | null, state: State): readonly Objection[] {
  if (key === null || (state.confirmations.get(key) ?? 0) > 0) return []
  const reason = 'the user has not confirmed this tool with these arguments'
  return [{ ...failed('confirm', reason), confirm: true }]
}
