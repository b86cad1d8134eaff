import type { BatchCall } from '../log/branch.ts'
import { argumentsHash } from '../log/confirmation.ts'
import type { EventBody, GateOutcome, Reservation, Verdict } from '../log/event.ts'
import type { Approval, State } from '../log/state.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import { builtInOutcomes, builtInRefusal } from './gate/built-in-gates.ts'
import { gateContext } from './context.ts'
import type { Effect } from './effect.ts'
import { judgeGate } from './gate/gate.ts'
import { legalTools } from './scope.ts'

/*
 * The one door (Law 1): whatever a call's way here, this says whether it may run, over the state as
 * it is now. First the built-in gates (unknown, scope, arguments, breaker, budget), each of which ends the
 * matter; then risk and every declared gate, all of which are evaluated and recorded. Refuse beats
 * escalate beats approve beats allow.
 */

const STRENGTH: Readonly<Record<Verdict, number>> = { allow: 0, approve: 1, escalate: 2, refuse: 3 }

/** The functions that must be asked before a call can be judged: none for one that is refused anyway. */
export function checksOwed(
  plan: Plan,
  state: State,
  on: { readonly step: PlanStep; readonly call: BatchCall },
): readonly Effect[] {
  const { step, call } = on
  const tool = plan.tools.get(call.tool)
  const gates = (plan.gatesOn.get(call.tool) ?? []).filter((gate) => !call.checks.has(gate.name))
  if (gates.every((gate) => gate.check === null)) return []
  if (builtInRefusal({ plan, state, step, call, tool }) !== null) return []
  return gates.flatMap(({ name, check }): Effect[] =>
    check === null
      ? []
      : [{ type: 'run-check', call: call.id, gate: name, timeoutMs: check.timeoutMs }],
  )
}

/** Judges one call of the batch; the event is the ledger's entry for it. */
export function judge(
  plan: Plan,
  state: State,
  options: { readonly step: PlanStep; readonly call: BatchCall },
): EventBody {
  const { step, call } = options
  const tool = plan.tools.get(call.tool)
  const refusal = builtInRefusal({ plan, state, step, call, tool })
  if (refusal !== null || tool === undefined) {
    const gates = refusal === null ? [] : [refusal]
    return judged(call, {
      verdict: 'refuse',
      gates,
      message: refusalMessage(gates, step),
      reservations: [],
    })
  }
  const context = gateContext(plan, state, call.args)
  const answers = (plan.gatesOn.get(tool.name) ?? []).map((gate) =>
    judgeGate(gate, { plan, state, call, context }),
  )
  const grant = grantOf(state, call)
  const asked = [
    ...builtInOutcomes({ plan, state, step, call, tool }),
    ...answers.map((answer) => answer.outcome),
  ]
  const gates = asked.map((outcome) => underGrant(outcome, { grant, call }))
  if (verdictOf(gates) !== 'allow') {
    // A grant that is not enough counts for nothing: what is asked next is asked for every gate.
    const message = refusalMessage(asked, step)
    return judged(call, { verdict: verdictOf(asked), gates: asked, message, reservations: [] })
  }
  const confirmation = answers
    .map((answer) => answer.confirmation)
    .find((key) => key !== null && state.confirmations.has(key))
  return {
    ...judged(call, {
      verdict: 'allow',
      gates,
      message: null,
      reservations: answers.flatMap((answer) => answer.reservation ?? []),
    }),
    ...(grant === null ? {} : { grant: grant.request.id }),
    ...(typeof confirmation === 'string' ? { confirmation } : {}),
  }
}

/** The approval that lets a call go: whole, in time, and for exactly this call (Law 8). */
function grantOf(state: State, call: BatchCall): Approval | null {
  const approval = call.request === null ? undefined : state.approvals.get(call.request)
  if (call.status !== 'granted' || approval?.status !== 'granted') return null
  const { request, branch } = approval
  const inTime = request.expiresAt === null || state.at < request.expiresAt
  const same =
    request.call === call.id &&
    request.tool === call.tool &&
    request.digest === state.digest &&
    branch === state.branch.id &&
    request.hash === argumentsHash(call.args)
  return inTime && same ? approval : null
}

/** A gate that asked and was answered lets the call pass; one that asks for more than then still asks. */
function underGrant(
  outcome: GateOutcome,
  on: { readonly grant: Approval | null; readonly call: BatchCall },
): GateOutcome {
  const { grant, call } = on
  if (grant === null || outcome.verdict !== 'approve') return outcome
  const asked = call.asking.find(({ gate }) => gate === outcome.gate)
  if (asked === undefined || !grant.request.gates.includes(outcome.gate)) return outcome
  const { rules: then = outcome.rules ?? [] } = asked
  if (outcome.rules?.every((rule) => then.includes(rule)) === false) return outcome
  const names = grant.granted.map(({ by }) => by).join(', ')
  return {
    gate: outcome.gate,
    verdict: 'allow',
    reason: `approved by ${names} (${outcome.reason})`,
    facts: grant.granted.map(({ seq }) => seq),
  }
}

function verdictOf(gates: readonly GateOutcome[]): Verdict {
  return gates.map((gate) => gate.verdict).reduce(stronger, 'allow')
}

function stronger(left: Verdict, right: Verdict): Verdict {
  return STRENGTH[left] >= STRENGTH[right] ? left : right
}

type JudgedCall = Extract<EventBody, { readonly type: 'call.judged' }>

interface Judgement {
  readonly verdict: Verdict
  readonly gates: readonly GateOutcome[]
  readonly message: string | null
  readonly reservations: readonly Reservation[]
}

function judged(call: BatchCall, judgement: Judgement): JudgedCall {
  const { verdict, gates, message, reservations } = judgement
  return {
    type: 'call.judged',
    call: call.id,
    tool: call.tool,
    verdict,
    gates,
    ...(message === null ? {} : { message }),
    ...(reservations.length === 0 ? {} : { reservations }),
  }
}

/** What the model is told: each gate that objects, by name, and what it may call instead. */
function refusalMessage(gates: readonly GateOutcome[], step: PlanStep): string {
  const objections = gates
    .filter((gate) => gate.verdict !== 'allow')
    .map((gate) => `${gate.verdict} by gate ${gate.gate}: ${gate.reason}`)
  return `Not executed. ${objections.join('. ')}. ${legalTools(step)}`
}
