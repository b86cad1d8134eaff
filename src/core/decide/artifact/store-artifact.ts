import type { BatchCall } from '../../log/call.ts'
import { artifactRef, type ArtifactVersion } from '../../log/artifact.ts'
import type { EventBody } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Json } from '../../spec/json.ts'
import type { JsonPath } from '../../spec/path/json-path.ts'
import type { Plan, PlanArtifact, PlanGate, PlanStep, PlanTool } from '../../spec/plan.ts'
import { askRole } from '../ask-model.ts'
import { gateContext } from '../context.ts'
import type { Effect } from '../effect.ts'
import { judgeGate } from '../gate/gate.ts'
import { refuse, type KnownQuestion } from '../gate/question.ts'
import { record, type Move } from '../move.ts'
import { artifactName } from './artifact-call.ts'

/*
 * The way of an artifact: composed before its call is judged, gated and stored when it is
 * dispatched, verified before it is published (S4.5 – S4.9). The planner's call has its one result
 * at the end of it.
 */

/**
 * Asks the composer for the content of a call, before the gates see it: they judge what will be
 * written. Null where there is nothing to compose, or a gate refuses whatever will be composed.
 */
export function composeFirst(question: KnownQuestion): Move | null {
  const { plan, state, step, call, tool } = question
  if (tool.name !== 'store_artifact' || tool.kind !== 'store-artifact' || call.composed) return null
  const name = artifactName(plan, step, call)
  const artifact = plan.artifacts.get(name ?? '')
  if (artifact?.compose == null || isRefusedAnyway(question)) return null
  const { compose } = artifact
  const atLimit = (reason: string): Move => {
    const gates = [refuse('budget', reason)]
    const message = `Not executed. refuse by gate budget: ${reason}`
    return record({
      type: 'call.judged',
      call: call.id,
      tool: tool.name,
      verdict: 'refuse',
      gates,
      message,
    })
  }
  return askRole(plan, state, {
    step,
    role: 'composer',
    caller: compose,
    tool: call.id,
    artifact: artifact.name,
    atLimit,
  })
}

function isRefusedAnyway({ plan, state, call, tool }: KnownQuestion): boolean {
  const context = gateContext(plan, state, call.args)
  return (plan.gatesOn.get(tool.name) ?? [])
    .filter((gate) => gate.otherwise === 'refuse' && !readsContent(gate))
    .some((gate) => judgeGate(gate, { plan, state, call, context }).outcome.verdict === 'refuse')
}

/** True where a gate may read what is yet to be written. */
function readsContent(gate: PlanGate): boolean {
  const { allow, from, limit, clean, confirm, check } = gate
  const paths: readonly (JsonPath | null)[] = [
    ...(allow?.paths ?? []),
    ...from.map(({ argument }) => argument),
    ...clean,
    limit?.per ?? null,
  ]
  return confirm || check !== null || paths.some((path) => path !== null && mayReadContent(path))
}

function mayReadContent({ roots, leading }: JsonPath): boolean {
  if (roots !== null && !roots.has('args')) return false
  const [root, member] = leading
  return root !== 'args' || typeof member !== 'string' || member === 'content'
}

/** Puts what is to be written through its gate and into the store. */
export function storeArtifact(
  plan: Plan,
  state: State,
  on: { readonly step: PlanStep; readonly call: BatchCall },
): Effect {
  const { call } = on
  const artifact = artifactName(plan, on.step, call) ?? ''
  const { verify = null } = plan.artifacts.get(artifact) ?? {}
  return {
    type: 'store-artifact',
    call: call.id,
    attempt: call.attempt,
    artifact,
    version: (state.branch.artifacts.get(artifact)?.count ?? 0) + 1,
    publish: verify === null,
  }
}

interface Stored {
  readonly step: PlanStep
  readonly call: BatchCall
  readonly tool: PlanTool
}

/**
 * What follows once a version is stored, or is to be verified again: the verifier's report, then the
 * call's result. Null while there is nothing stored.
 */
export function followArtifact(plan: Plan, state: State, on: Stored): Move | null {
  const { step, call, tool } = on
  const found = versionOf(plan, state, on)
  if (found === null) return null
  const { artifact, version } = found
  const { verify = null } = artifact ?? {}
  const isCheck = tool.kind === 'verify-artifact'
  const known = isCheck && version.report !== null
  if (verify === null || known || (!isCheck && version.published)) {
    return record(returned(call, resultOf(found)))
  }
  if (call.report === null) {
    const atLimit = (message: string): Move => {
      const error = {
        code: 'budget_exceeded',
        message: `${found.name} is not verified. ${message}`,
        executed: true,
      }
      return record({ type: 'call.failed', call: call.id, error })
    }
    return askRole(plan, state, {
      step,
      role: 'verifier',
      caller: verify,
      tool: call.id,
      artifact: found.name,
      atLimit,
    })
  }
  const { score, feedback } = call.report
  const accepted = score >= verify.pass
  const verified: EventBody = {
    type: 'artifact.verified',
    call: call.id,
    artifact: found.name,
    version: version.version,
    score,
    feedback,
    accepted,
  }
  const now = {
    ...found,
    version: { ...version, report: call.report, published: version.published || accepted },
  }
  if (accepted || isCheck) return record(verified, returned(call, resultOf(now)))
  const message = `${found.name} is stored as version ${version.version} and not published: the verifier gave it ${score} of 10, and ${verify.pass} are needed. ${feedback}`
  const error = { code: 'verification', message, category: 'validation', executed: true } as const
  return record(verified, { type: 'call.failed', call: call.id, error })
}

interface Found {
  readonly name: string
  readonly artifact: PlanArtifact | undefined
  readonly version: ArtifactVersion
}

/** The version that a call is about: the one that it stored, or for a verification the newest. */
function versionOf(plan: Plan, state: State, on: Stored): Found | null {
  const { step, call, tool } = on
  const isCheck = tool.kind === 'verify-artifact'
  const name = isCheck ? artifactName(plan, step, call) : call.stored?.artifact
  if (name === undefined || name === null) return null
  const versions = state.branch.artifacts.get(name)?.versions ?? []
  const number = call.stored?.version
  const version = isCheck ? versions.at(-1) : versions.findLast((each) => each.version === number)
  return version === undefined ? null : { name, artifact: plan.artifacts.get(name), version }
}

function returned(call: BatchCall, output: Json): EventBody {
  return { type: 'tool.returned', call: call.id, output }
}

/** What the planner is told of a version; never its content. */
function resultOf({ name, version }: Found): Json {
  const { report } = version
  return {
    artifact: name,
    version: version.version,
    ref: artifactRef(name, version.version),
    chars: version.chars,
    published: version.published,
    ...(report === null ? {} : { score: report.score, feedback: report.feedback }),
  }
}

/** The version whose content a verifier of this call is shown, or a composer rewrites. */
export function contentFor(plan: Plan, state: State, step: PlanStep): ArtifactVersion | null {
  const { model, batch, batchIndex, artifacts } = state.branch
  const call = batch[batchIndex.get(model?.tool ?? '') ?? -1]
  const tool = plan.tools.get(call?.tool ?? '')
  if (call === undefined || tool === undefined) return null
  if (model?.role === 'verifier')
    return versionOf(plan, state, { step, call, tool })?.version ?? null
  const name = artifactName(plan, step, call)
  const known = artifacts.get(name ?? '')
  return known !== undefined && known.unaccepted > 0 ? (known.versions.at(-1) ?? null) : null
}
