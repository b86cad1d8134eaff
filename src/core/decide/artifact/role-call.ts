import type { ModelCall } from '../../log/branch.ts'
import type { Failure } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Plan, PlanArtifact, PlanComposer, PlanStep, PlanVerifier } from '../../spec/plan.ts'
import { askRole } from '../ask-model.ts'
import { record, rest, type Move } from '../move.ts'
import { modelRetryDelay } from '../retry.ts'
import { artifactName } from './artifact-call.ts'

/*
 * Model calls for a composer or a verifier that are made again, or failed.
 */

interface Role {
  readonly step: PlanStep
  readonly model: ModelCall
}

/** The composer or verifier that a model call is for; null where the artifact has none any more. */
export function callerOf(plan: Plan, state: State, on: Role): PlanComposer | PlanVerifier | null {
  const artifact = artifactOf(plan, state, on)
  return (on.model.role === 'composer' ? artifact?.compose : artifact?.verify) ?? null
}

function artifactOf(plan: Plan, state: State, { step, model }: Role): PlanArtifact | undefined {
  const { batch, batchIndex } = state.branch
  const call = batch[batchIndex.get(model.tool ?? '') ?? -1]
  const name = call === undefined ? null : artifactName(plan, step, call)
  return plan.artifacts.get(name ?? '')
}

/** Asks again after a retry's wait, or where a driver left off. */
export function askRoleAgain(plan: Plan, state: State, on: Role): Move {
  const { step, model } = on
  const caller = callerOf(plan, state, on)
  const { role, tool } = model
  if (caller === null || role === 'planner' || tool === null) {
    return rest('definition_changed', `nobody is the ${role} of this call any more`)
  }
  const atLimit = (message: string): Move => giveUp(model, { code: 'budget_exceeded', message })
  const artifact = artifactOf(plan, state, on)?.name ?? ''
  return askRole(plan, state, { step, role, caller, tool, artifact, atLimit })
}

/**
 * A failed answer is asked for again as a planner's is. When it failed for good the run rests
 * `model_failed` and can be resumed; in a step with a `fail` of its own the planner is told instead.
 */
export function decideRoleFailed(
  plan: Plan,
  state: State,
  on: Role & { readonly error: Failure },
): Move {
  const { step, model, error } = on
  const delayMs = modelRetryDelay(error, model.attempt - model.cuts)
  if (delayMs !== null) return record({ type: 'model.retried', call: model.call, delayMs })
  const message = `the ${model.role} of step ${step.name}: ${error.message}`
  const rests = step.fail === null || step.fail.type === 'stop'
  return rests ? rest('model_failed', message) : giveUp(model, { code: 'model_failed', message })
}

function giveUp(model: ModelCall, error: Failure): Move {
  const executed = model.role === 'verifier'
  return record({ type: 'call.failed', call: model.tool ?? '', error: { ...error, executed } })
}
