import type { EventBody, GateOutcome, Reservation, Verdict } from '../log/event.ts'
import type { BatchCall } from '../log/branch.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import { builtInOutcomes, builtInRefusal } from './built-in-gates.ts'
import { gateContext } from './context.ts'
import type { Effect } from './effect.ts'
import { judgeGate } from './gate.ts'
import { legalTools } from './scope.ts'

/*
 * The one door (Law 1): whatever a call's way here, this says whether it may run, over the state as
 * it is now. First the built-in gates (unknown, scope, arguments, budget), each of which ends the
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
  const answers = (plan.gatesOn.get(tool.name) ?? []).map((gate) => judgeGate(gate, context, state))
  const gates = [...builtInOutcomes(tool, step), ...answers.map((answer) => answer.outcome)]
  const verdict = gates.map((gate) => gate.verdict).reduce(stronger, 'allow')
  return judged(call, {
    verdict,
    gates,
    message: verdict === 'allow' ? null : refusalMessage(gates, step),
    reservations: verdict === 'allow' ? answers.flatMap((answer) => answer.reservation ?? []) : [],
  })
}

function stronger(left: Verdict, right: Verdict): Verdict {
  return STRENGTH[left] >= STRENGTH[right] ? left : right
}

interface Judgement {
  readonly verdict: Verdict
  readonly gates: readonly GateOutcome[]
  readonly message: string | null
  readonly reservations: readonly Reservation[]
}

function judged(call: BatchCall, judgement: Judgement): EventBody {
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
