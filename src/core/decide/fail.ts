import type { BatchCall } from '../log/call.ts'
import type { Reason } from '../log/event.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import { transitionsSpent } from './budget/budget.ts'
import { perform, record, rest, type Move } from './move.ts'

/*
 * What becomes of a step that cannot be completed: its `fail` says (S1.14). Without one the run
 * rests for the reason; a write that failed is then the model's to deal with.
 */

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

/**
 * The write of a finished batch that ran and failed for good, in a step that declares `fail`; null
 * when there is none. A refusal is none: nothing ran, and the model may mend what was wrong with it.
 */
export function failedWrite(plan: Plan, state: State, step: PlanStep): StepFailure | null {
  if (step.fail === null) return null
  const failed = state.branch.batch.find((call) => isFailedWrite(plan, call))
  if (failed?.result?.ok !== false) return null
  const { code, message } = failed.result.error
  return { reason: 'tool_failed', message: `${failed.tool} failed: ${code}: ${message}` }
}

function isFailedWrite(plan: Plan, call: BatchCall): boolean {
  const { result } = call
  const tool = plan.tools.get(call.tool)
  if (call.attempt === 0 || result?.ok !== false || tool?.effect !== 'write') return false
  // What its gate or verifier has against an artifact is mended by writing it again (S4.8, S4.24).
  return tool.kind !== 'store-artifact' || result.error.category !== 'validation'
}

/** Goes where the `fail` of a step that failed says. Back only once for each step and turn, so that it ends. */
export function decideFailed(
  plan: Plan,
  state: State,
  failed: StepFailure & { readonly step: PlanStep },
): Move {
  const { step, reason, message } = failed
  const { fail, name } = step
  switch (fail?.type) {
    case 'to':
      return transitionsSpent(plan, state) === null
        ? record({ type: 'transition.taken', from: name, to: fail.step, rule: null, when: null })
        : rest(reason, message)
    case 'rewind':
      if ((state.branch.failures.get(name) ?? 0) > 1) return rest(reason, message)
      // One way back at a time: a sub-run waits for another's.
      if (state.rewind !== null) return perform()
      return record({ type: 'rewind.requested', to: fail.checkpoint, by: null })
    case 'stop':
    case undefined:
      return rest(reason, message)
  }
}
