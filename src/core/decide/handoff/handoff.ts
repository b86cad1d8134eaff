import type { BatchCall } from '../../log/call.ts'
import type { State, HandoffState } from '../../log/state.ts'
import type { Plan } from '../../spec/plan.ts'
import { compilePacket, fillPacket, type Compiled } from './handoff-packet.ts'
import { contextsOf, sourcesOf } from './handoff-sources.ts'
import { perform, record, rest, type Move } from '../move.ts'
import { legalTools } from '../scope.ts'

/*
 * A matter goes to a person: the packet is compiled by code from the log, delivered where a webhook
 * is set, and the run rests. Nothing of it is left to a model (S2.11, S2.12, S2.15).
 */

/** The gate that sends an escalation back, once, for what it lacks. */
const GATE = 'handoff'
const FIRST_DELAY_MS = 1_000
const MAX_DELAY_MS = 60_000

/**
 * Hands over a call that an `escalate` verdict holds. A model that asks for a person and leaves out
 * what only it can say is told so once (S2.12: no escalation without context); after that the packet
 * says what it lacks.
 */
export function handOver(plan: Plan, state: State, call: BatchCall): Move {
  const { gate, reason } = call.held ?? { gate: GATE, reason: 'it is for a person to decide' }
  if (isUnderWayElsewhere(state)) return perform()
  const sources = sourcesOf(plan, state, { call, gate, reason })
  const compiled = compilePacket(sources)
  if (sources.asked && compiled.missing.length > 0 && !wasSentBack(state)) {
    return sendBack(plan, state, { call, missing: compiled.missing })
  }
  return compiledMove(compiled)
}

/**
 * A person takes over where the workflow's `handoff.when` holds: looked at when a turn begins and before
 * each model call, so that an explicit request for a person reaches no model any more.
 */
export function handOverAtOnce(plan: Plan, state: State): Move | null {
  const when = plan.handoff?.when ?? null
  if (when === null || state.branch.parent !== null) return null
  const cause = { call: null, gate: 'handoff.when', reason: when.source }
  const sources = sourcesOf(plan, state, cause)
  const holds = contextsOf(sources, { output: false }).some((each) => when.evaluate(each) === true)
  return holds ? compiledMove(compilePacket(sources)) : null
}

/** Delivers the packet and rests; an undelivered packet is as whole, and in the log. */
export function decideHandoff(plan: Plan, state: State): Move {
  const { handoff } = state
  if (handoff === null) return rest('fail_safe', 'there is no packet to hand over')
  if (handoff.filled !== null) return compiledMove(fillPacket(plan, handoff, handoff.filled))
  const webhook = plan.handoff?.webhook ?? null
  if (webhook === null) return restWith(handoff, null)
  switch (handoff.delivery) {
    case 'none':
    case 'due':
      return perform({ type: 'deliver-handoff', attempt: handoff.attempt + 1 })
    case 'delivered':
      return restWith(handoff, null)
    case 'failed': {
      const { tries, error } = handoff
      if (tries >= webhook.tries || error?.retryable === false) {
        const times = `${handoff.attempt} ${handoff.attempt === 1 ? 'attempt' : 'attempts'}`
        const why = `not delivered after ${times} (${error?.message ?? 'it failed'})`
        return restWith(handoff, `${why}; the packet is in the log, a resumption delivers it again`)
      }
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (tries - 1), MAX_DELAY_MS)
      return perform({ type: 'wait', wait: 'handoff', delayMs })
    }
  }
}

function compiledMove({ packet, missing }: Compiled): Move {
  return record({ type: 'handoff.compiled', packet, missing })
}

function restWith({ packet, missing }: HandoffState, undelivered: string | null): Move {
  const about = `${packet.subject} (urgency ${packet.urgency})`
  const note = undelivered === null ? '' : `; ${undelivered}`
  if (missing.length === 0) return rest('handed_off', `for a person: ${about}${note}`)
  const lacks = `the handoff lacks ${missing.join(', ')}`
  return rest('escalated', `${lacks}; give it, and it is for a person: ${about}${note}`)
}

function wasSentBack(state: State): boolean {
  return state.branch.attempts.some(({ gate, outcome }) => gate === GATE && outcome === 'refused')
}

/** The verdict goes back to the model, which may know what is missing. */
function sendBack(
  plan: Plan,
  state: State,
  on: { readonly call: BatchCall; readonly missing: readonly string[] },
): Move {
  const { call, missing } = on
  const reason = `the handoff lacks ${missing.join(', ')}`
  const step = plan.steps.get(state.branch.step ?? '')
  const legal = step === undefined ? '' : ` ${legalTools(plan, state, step)}`
  return record({
    type: 'call.judged',
    call: call.id,
    tool: call.tool,
    verdict: 'refuse',
    gates: [{ gate: GATE, verdict: 'refuse', reason }],
    message: `Not handed over yet: ${reason}. Find it out where a tool can, then call ${call.tool} again and give it there.${legal}`,
  })
}

/** True while tools of other branches run: what they do belongs in the packet, and is not cut off. */
function isUnderWayElsewhere(state: State): boolean {
  if (state.active.length === 1) return false
  const active = state.active.flatMap((id) => state.branches.get(id) ?? [])
  const waitedFor = new Set(active.map((branch) => branch.parent?.call ?? ''))
  return active.some(
    (branch) =>
      branch.id !== state.branch.id &&
      branch.rest === null &&
      branch.batch.some((call) => call.status === 'dispatched' && !waitedFor.has(call.id)),
  )
}
