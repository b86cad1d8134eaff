import type { GateOutcome } from '../../log/event.ts'
import type { BatchCall } from '../../log/call.ts'
import { publishedVersion } from '../../log/artifact.ts'
import type { State } from '../../log/state.ts'
import { legalNames } from '../../spec/issue.ts'
import { isJsonObject, ownValue } from '../../spec/json.ts'
import type { Plan, PlanStep } from '../../spec/plan.ts'
import type { StepFailure } from '../fail.ts'
import { refuse, type KnownQuestion } from '../gate/question.ts'

/*
 * Calls that write or verify an artifact: which one they are about, whether they may be made here,
 * and when too many of them went wrong.
 */

/** Rejections by the gate with which a run ends (S4.25). */
export const MAX_REJECTIONS = 3

/** An argument that is a text; null for anything else. */
export function textArgument(call: BatchCall, name: string): string | null {
  const value = isJsonObject(call.args) ? ownValue(call.args, name) : undefined
  return typeof value === 'string' ? value : null
}

/** The artifact that a call is about: as it says, or the only one that it can mean. */
export function artifactName(plan: Plan, step: PlanStep, call: BatchCall): string | null {
  const named = textArgument(call, 'name')
  if (named !== null) return named
  const meant = step.write ?? [...plan.artifacts.keys()]
  const [only] = meant
  return meant.length === 1 && only !== undefined ? only : null
}

/** Why a call about an artifact may not be made here; null where it may, and for other tools. */
export function artifactRefusal(question: KnownQuestion): GateOutcome | null {
  const { plan, state, step, call, tool } = question
  if (tool.kind !== 'store-artifact' && tool.kind !== 'verify-artifact') return null
  if (tool.kind === 'store-artifact' && state.rejections >= MAX_REJECTIONS) {
    return refuse('artifact', `the gate has refused ${state.rejections} artifacts: the run ends`)
  }
  const name = artifactName(plan, step, call)
  const legal = step.write ?? [...plan.artifacts.keys()]
  if (name === null) {
    return refuse('arguments', `\`name\` is missing; one of ${legal.join(', ')}`)
  }
  if (tool.kind === 'verify-artifact') return unstored(state, name)
  const artifact = plan.artifacts.get(name)
  const isFree = tool.name === 'artifact_create'
  if (artifact === undefined && isFree) return null
  if (artifact === undefined) {
    return refuse(
      'arguments',
      `there is no artifact ${JSON.stringify(name)}; ${legalNames(name, legal)}`,
    )
  }
  if (!legal.includes(name)) {
    const where = `artifact ${JSON.stringify(name)} is not written in step ${JSON.stringify(step.name)}`
    return refuse('scope', `${where}; ${legalNames(name, legal)}`)
  }
  if (isFree && artifact.compose !== null) {
    return refuse('arguments', `${name} is written by its composer: call store_artifact`)
  }
  if (artifact.compose !== null || textArgument(call, 'content') !== null) return null
  return refuse('arguments', `\`content\` is missing: ${name} has no composer`)
}

function unstored(state: State, name: string): GateOutcome | null {
  const { artifacts } = state.branch
  if ((artifacts.get(name)?.versions.length ?? 0) > 0) return null
  const stored = [...artifacts.keys()]
  return refuse(
    'arguments',
    `nothing is stored as ${JSON.stringify(name)}; ${legalNames(name, stored)}`,
  )
}

/** Why a step cannot go on with its artifacts: too many were refused, or not accepted (S4.9, S4.25). */
export function artifactFailure(plan: Plan, state: State): StepFailure | null {
  const { batch, artifacts } = state.branch
  const wrote = batch.filter((call) => plan.tools.get(call.tool)?.kind === 'store-artifact')
  if (wrote.length === 0) return null
  if (state.rejections >= MAX_REJECTIONS) {
    const reason = wrote.find(({ result }) => result?.ok === false)?.result
    const last = reason?.ok === false ? `; the last one: ${reason.error.message}` : ''
    const message = `the gate refused ${state.rejections} artifacts${last}`
    return { reason: 'store_artifact_loop_abort', message }
  }
  for (const { stored } of wrote) {
    if (stored === null) continue
    const attempts = plan.artifacts.get(stored.artifact)?.verify?.attempts ?? Infinity
    const { unaccepted = 0, versions = [] } = artifacts.get(stored.artifact) ?? {}
    if (unaccepted < attempts) continue
    const best = versions
      .slice(-unaccepted)
      .toSorted((left, right) => (right.report?.score ?? 0) - (left.report?.score ?? 0))[0]
    const named =
      best === undefined || best.report === null
        ? ''
        : `; the best is version ${best.version} with ${best.report.score} of 10: ${best.report.feedback}`
    const message = `${stored.artifact} was not accepted in ${unaccepted} attempts${named}`
    return { reason: 'verification_failed', message }
  }
  return null
}

/** What a step writes and has not published yet. */
export function unwritten(state: State, step: PlanStep): readonly string[] {
  return (step.write ?? []).filter(
    (name) => publishedVersion(state.branch.artifacts.get(name)) === null,
  )
}
