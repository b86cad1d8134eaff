import type { Reason } from '../log/event.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import { record, rest, type Move } from './move.ts'

/** Why a step cannot be completed. */
export interface StepFailure {
  readonly reason: Reason
  readonly message: string
}

/** Ends a step that cannot be completed: the run rests, or goes where the step's `fail` says (S1.14). */
export function failStep(step: PlanStep, failure: StepFailure): Move {
  if (step.fail === null || step.fail.type === 'stop') return rest(failure.reason, failure.message)
  return record({ type: 'step.failed', step: step.name, ...failure })
}

export function failedWrite(_plan: Plan, _state: State, _step: PlanStep): StepFailure | null {
  return null
}

export function decideFailed(
  _plan: Plan,
  _state: State,
  failed: StepFailure & { readonly step: PlanStep },
): Move {
  return rest(failed.reason, failed.message)
}
