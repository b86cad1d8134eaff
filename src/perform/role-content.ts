import { contentFor } from '../core/decide/artifact/store-artifact.ts'
import { mindRequest, type Requested } from '../core/decide/prompt.ts'
import type { ArtifactVersion } from '../core/log/artifact.ts'
import { readReport } from '../core/log/decision.ts'
import type { Failure } from '../core/log/event.ts'
import { messageOf } from '../core/spec/message-of.ts'
import type { PlanStep } from '../core/spec/plan.ts'
import type { MindAnswer } from '../mind/mind.ts'
import { callIn, withArtifacts } from './artifact/artifact-references.ts'
import { contentOf } from './artifact/read-artifact.ts'
import type { World } from './world.ts'

/*
 * What composers and verifiers need beyond the state, and what their answers must be.
 */

/**
 * The request of the model call under way, with the stored content that a verifier scores (S4.8) and
 * the artifacts that a composer is handed (S4.33).
 */
export async function requestOf(step: PlanStep, world: World): Promise<Requested> {
  const { plan, state } = world
  const { model } = state.branch
  if ((model?.role ?? 'planner') === 'planner')
    return mindRequest(plan, state, { step, content: null })
  const version = contentFor(plan, state, step)
  const read = version === null ? null : await readContent(version, world)
  // What is gone cannot be scored; it can be written without it.
  if (read?.ok === false && model?.role === 'verifier') return read
  const content = read?.ok === true ? read.content : null
  const call = model?.role === 'composer' ? callIn(state, model.tool) : undefined
  if (call === undefined || call.artifacts.length === 0) {
    return mindRequest(plan, state, { step, content })
  }
  const given = await withArtifacts(call.args, { handed: call.artifacts, world })
  if (!given.ok) return { ok: false, message: given.error.message }
  return mindRequest(plan, state, { step, content, args: given.args })
}

type Content =
  | { readonly ok: true; readonly content: string }
  | { readonly ok: false; readonly message: string }

async function readContent(version: ArtifactVersion, world: World): Promise<Content> {
  try {
    return { ok: true, content: await contentOf(world, { name: version.digest, version }) }
  } catch (error) {
    return { ok: false, message: messageOf(error) }
  }
}

/**
 * Why a composer's or verifier's answer cannot be used: it was cut off or withheld, or is no report.
 * Null for a planner's, which the kernel judges.
 */
export function unfitFor(role: string, answer: MindAnswer): Failure | null {
  if (role === 'planner') return null
  const { finish } = answer
  if (finish === 'length' || finish === 'content-filter') {
    const why = finish === 'length' ? 'cut off at its length limit' : 'withheld by a content filter'
    return { code: 'unfit_answer', message: `its answer was ${why}`, retryable: false }
  }
  const text = answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  if (role !== 'verifier' || readReport(text) !== null) return null
  const message = 'its answer is no report: an object with `score` (1 to 10) and `feedback`'
  return { code: 'unfit_answer', message, retryable: true }
}
