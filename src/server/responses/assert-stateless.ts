import type { Plan } from '../../core/spec/plan.ts'
import { badRequest } from './request/bad-request.ts'

/**
 * Refuses what cannot be done without a store (Laws 8 and 11): a write of the server that is not
 * `idempotent` would be repeated by whoever sends the same continuation twice; artifacts and secrets
 * would be lost between two requests. Throws an ApiError `needs_store` before anything runs.
 */
export function assertStateless(plan: Plan, on: { readonly hasStore: boolean }): void {
  const advice = on.hasStore ? 'leave `store` out' : 'run the server with a store'
  const refuse = (what: string): never => {
    throw badRequest(`${what}; ${advice}`, { code: 'needs_store' })
  }
  for (const name of namesInSteps(plan)) {
    const tool = plan.tools.get(name)
    if (tool === undefined) continue
    if (tool.kind === 'store-artifact') {
      refuse(`\`${name}\` writes artifacts, so its run must be kept`)
    }
    const writes = tool.outward && tool.kind !== 'client' && tool.kind !== 'workflow'
    if (writes && tool.effect === 'write' && !tool.idempotent) {
      refuse(`the tool \`${name}\` writes and is not idempotent, so its run must be kept`)
    }
    if (tool.secretInput !== null || tool.secretOutput !== null) {
      refuse(`the tool \`${name}\` has secret fields, so its run must be kept`)
    }
  }
  if (plan.secretInput !== null) refuse('the input has secret fields, so the run must be kept')
  if (plan.artifacts.size > 0) refuse('the workflow writes artifacts, so its run must be kept')
  for (const below of plan.workflows.values()) assertStateless(below, on)
}

/** The tools that some step has in scope, and those that take them back. */
function namesInSteps(plan: Plan): ReadonlySet<string> {
  const undos = plan.toolNames.flatMap((name) => plan.tools.get(name)?.undo?.tool ?? [])
  return new Set([...plan.toolNames, ...undos])
}
