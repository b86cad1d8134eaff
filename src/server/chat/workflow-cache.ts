import type { IssuePath } from '../../core/spec/issue.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { LoadedWorkflow, PlacedIssue } from '../../drive/load/loaded-workflow.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { Runtime } from '../../drive/runtime.ts'
import { ApiError } from '../api-error.ts'
import type { ChatRequest } from './chat-body.ts'
import { paramOf } from './chat-request.ts'
import { createPlanCache } from '../plan-cache.ts'
import { toToolName } from './chat-workflow.ts'

/** What a workflow is made of and for. */
export interface Wanted {
  readonly request: ChatRequest
  /** Any of the server's: they have the same tools and guidelines. */
  readonly runtime: Runtime
}

/** Workflows that requests were compiled to, the newest few: clients send the same tools each time. */
export interface WorkflowCache {
  /** Throws an ApiError that names the member of the request that does not compile. */
  load(spec: WorkflowSpec, wanted: Wanted): Promise<LoadedWorkflow>
}

/** Makes an empty cache for one server. */
export function createWorkflowCache(): WorkflowCache {
  const plans = createPlanCache()
  return {
    async load(spec, { request, runtime }) {
      try {
        return await plans.load(spec, runtime)
      } catch (error) {
        const [issue] = error instanceof LockstepError ? error.issues : []
        throw issue === undefined ? error : toApiError(issue, request)
      }
    },
  }
}

function toApiError({ path, message }: PlacedIssue, request: ChatRequest): ApiError {
  const param = paramOf(inRequest(path, request))
  return new ApiError('invalid_request_error', `${param}: ${message}`, {
    code: 'invalid_value',
    param,
  })
}

/** Where in the request a place of the workflow was written. */
function inRequest([first, second, ...rest]: IssuePath, request: ChatRequest): IssuePath {
  if (first === 'tools') {
    const index = (request.tools ?? []).findIndex(
      (tool) => toToolName(tool.function.name) === second,
    )
    const [member, ...below] = rest
    const named = member === 'about' ? ['description'] : member === 'input' ? ['parameters'] : []
    return ['tools', Math.max(index, 0), 'function', ...named, ...below]
  }
  if (first === 'steps') return ['response_format', 'json_schema', 'schema', ...rest.slice(1)]
  if (first === 'memory') return ['personize', 'memory']
  if (first === 'guidelines') return ['personize', 'governance']
  return first === 'settings' && second !== undefined ? [second] : ['messages']
}
