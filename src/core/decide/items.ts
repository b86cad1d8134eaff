import type { State } from '../log/state.ts'
import type { BatchCall } from '../log/branch.ts'
import type { Plan, PlanEach, PlanStep, PlanTool } from '../spec/plan.ts'
import { rest, type Move } from './move.ts'

export function listItems(
  _plan: Plan,
  _state: State,
  _on: { readonly step: PlanStep; readonly each: PlanEach },
): Move {
  return rest('fail_safe', 'items')
}

export function decideItems(_plan: Plan, _state: State, _step: PlanStep): Move {
  return rest('fail_safe', 'items')
}

/** What the sub-run of a dispatched call needs; null while it is under way. */
export function followSubRun(
  _plan: Plan,
  _state: State,
  _on: { readonly call: BatchCall; readonly tool: PlanTool },
): Move | null {
  return null
}
