import type { State } from '../../log/state.ts'
import type { Plan, PlanStep, PlanTool } from '../../spec/plan.ts'
import { callsReached } from '../budget/budget.ts'
import { gateContext } from '../context.ts'
import { isBroken } from '../gate/breaker.ts'
import { isDecidedAgainst } from '../gate/gate.ts'
import { MAX_REJECTIONS } from '../artifact/artifact-call.ts'
import { missingSlots } from '../slot/slots.ts'
import { isWrite } from '../slot/slots-ask.ts'

/*
 * The legal set of a turn: what a model is offered, and what a refusal names instead. It only ever
 * leaves out what the door would refuse anyway; the door looks again at every call (S4.10, S4.11).
 */

/**
 * The tools of a step that a call may name now, in the step's order (sorted): its scope, less what is
 * decided against whatever the arguments would be. That is: an unmet `needs`, an `allow` that reads
 * neither arguments nor the time and does not hold, a full `limit` without `per` (each of a gate that
 * refuses), a write while a required slot is missing, an open breaker, a spent budget of calls, an
 * artifact that cannot be written or verified.
 * Sound: no tool is missing that `judge` would let through. Gates that ask a person leave theirs in.
 */
export function legalSet(plan: Plan, state: State, step: PlanStep): readonly string[] {
  if (step.tools.length === 0 || state.branch.model?.closing === true) return []
  if (callsReached(plan, state) !== null) return []
  const guessing = missingSlots(plan, state).length > 0
  return step.tools.filter((name) => {
    const tool = plan.tools.get(name)
    if (tool === undefined || (guessing && isWrite(tool))) return false
    return isOpen(tool, plan, state)
  })
}

function isOpen(tool: PlanTool, plan: Plan, state: State): boolean {
  if (isPointless(tool, state) || isBroken(tool, state)) return false
  const gates = plan.gatesOn.get(tool.name)
  if (gates === undefined) return true
  const context = gateContext(plan, state, {})
  return !gates.some((gate) => isDecidedAgainst(gate, { state, context }))
}

/** True where an artifact cannot be written any more, or none is there to be verified. */
function isPointless({ kind }: PlanTool, { branch, rejections }: State): boolean {
  if (kind === 'store-artifact') return rejections >= MAX_REJECTIONS
  if (kind !== 'verify-artifact') return false
  // No copy of the list: there may be thousands.
  for (const { versions } of branch.artifacts.values()) if (versions.length > 0) return false
  return true
}
