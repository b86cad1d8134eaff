import type { IssuePath } from '../../../core/spec/issue.ts'
import { parseSpec } from '../../../core/spec/parse-spec.ts'
import type { JsonObject } from '../../../core/spec/json.ts'
import type { WorkflowSpec } from '../../../core/spec/spec.ts'
import type { ListedTool } from '../../../dialect/personize/personize-schema.ts'
import type { LoadedWorkflow } from '../../../drive/load/loaded-workflow.ts'
import { LockstepError } from '../../../drive/lockstep-error.ts'
import type { Runtime } from '../../../drive/runtime.ts'
import { issueError } from './bad-request.ts'
import { boundedSpec } from './bounded-spec.ts'
import type { Desk } from '../job.ts'
import type { PlanCache } from '../../plan-cache.ts'
import { registered, workflowName } from './registered.ts'
import type { ResponsesBody } from './request-schema.ts'
import { conversationSpec, stepsSpec } from './request-spec.ts'

/** The workflow of a request, compiled, and what of the request it does without. */
export interface LoadedRequest {
  readonly loaded: LoadedWorkflow
  readonly warnings: readonly string[]
}

/** Finds or makes the workflow of a request that begins a run. Throws an ApiError where it is wrong. */
export async function loadRequest(
  desk: Desk,
  on: {
    readonly raw: JsonObject
    readonly runtime: Runtime
    readonly instructions: readonly string[]
  },
): Promise<LoadedRequest> {
  const { body, server } = desk
  const { serverTools } = server
  const name = workflowName(body.model)
  if (name !== null) return { loaded: registered(desk, name), warnings: [] }
  const about = { body, serverTools, instructions: on.instructions }
  const made =
    (body.steps ?? null) === null ? conversationSpec(body, about) : stepsSpec(on.raw, about)
  const own = made['model'] === undefined && server.model !== null ? { model: server.model } : {}
  const parsed = parseSpec({ ...boundedSpec(made), ...own })
  if (!parsed.ok) throw issueError(parsed.issues, (path) => asWritten(path, body))
  const loading = { plans: desk.plans, runtime: on.runtime }
  return loadGuided(parsed.spec, loading).catch((error: unknown) => {
    const said = error instanceof LockstepError && error.issues.length > 0 ? error.issues : null
    throw said === null ? error : issueError(said, (path) => asWritten(path, body))
  })
}

/** Where in a request stands what a path of its workflow leads to. */
function asWritten(path: IssuePath, { tools }: ResponsesBody): IssuePath {
  const [root, place, member, ...rest] = path
  if (root === 'guidelines') {
    return place === 'ids'
      ? ['personize', 'governance', 'guideline_ids', ...path.slice(2)]
      : ['personize', 'governance']
  }
  if (root === 'memory') return ['personize', 'memory']
  if (root === 'instructions') return ['system_prompt']
  if (root === 'steps' && member === 'output') return ['text', 'format', 'schema', ...rest]
  if (root !== 'tools' || place === undefined) return path
  const index = Array.isArray(tools) ? tools.findIndex((tool) => nameOf(tool) === place) : -1
  const at = ['tools', index === -1 ? place : index]
  if (member === undefined) return at
  return [...at, member === 'input' ? 'parameters' : member, ...rest]
}

function nameOf(tool: ListedTool): string | undefined {
  return tool.function?.name ?? tool.name ?? undefined
}

/**
 * Guidelines guide; they enforce nothing. A server that has none at all runs the request without, and
 * says so in the answer; one that has some refuses a name that is none of them.
 */
async function loadGuided(
  spec: WorkflowSpec,
  { plans, runtime }: { readonly plans: PlanCache; readonly runtime: Runtime },
): Promise<LoadedRequest> {
  try {
    return { loaded: await plans.load(spec, runtime), warnings: [] }
  } catch (error) {
    const { guidelines, ...rest } = spec
    const aboutThem =
      error instanceof LockstepError &&
      error.issues.length > 0 &&
      error.issues.every(({ path }) => path[0] === 'guidelines')
    if (guidelines === undefined || !aboutThem || (await hasGuidelines(runtime))) throw error
    const loaded = await plans.load(rest, runtime)
    const message =
      'this server has no guidelines, so none were applied; put them into its folder `guidelines`'
    return { loaded, warnings: [message] }
  }
}

async function hasGuidelines(runtime: Runtime): Promise<boolean> {
  const probe = {
    workflow: 'probe',
    guidelines: { match: 'broad' },
    steps: [{ prompt: '-' }],
  } as const
  const loaded = await runtime.load(probe).catch(() => null)
  return (loaded?.plan.guidelines?.library.length ?? 0) > 0
}
