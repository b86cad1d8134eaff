import { contentFor } from '../core/decide/chain/store-artifact.ts'
import { mindRequest, type Requested } from '../core/decide/prompt.ts'
import { readReport } from '../core/log/decision.ts'
import type { Failure } from '../core/log/event.ts'
import type { PlanStep } from '../core/spec/plan.ts'
import type { MindAnswer } from '../mind/mind.ts'
import { callIn, withArtifacts } from './artifact-references.ts'
import { contentOf } from './read-artifact.ts'
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
  const version = contentFor(plan, state, step)
  const name = version === null ? '' : version.digest
  const content = version === null ? null : await contentOf(world, { name, version })
  const { model } = state.branch
  const call = model?.role === 'composer' ? callIn(state, model.tool) : undefined
  if (call === undefined || call.artifacts.length === 0) {
    return mindRequest(plan, state, { step, content })
  }
  const given = await withArtifacts(call.args, { handed: call.artifacts, world })
  if (!given.ok) return { ok: false, message: given.error.message }
  return mindRequest(plan, state, { step, content, args: given.args })
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
