import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import { modelName } from '../../dialect/personize/personize-model.ts'
import { ApiError } from '../api-error.ts'
import { ownProvider } from '../guard/own-key.ts'
import type { OwnKey, ServerContext } from '../server-context.ts'
import type { ChatRequest } from './chat-body.ts'

/** Whom a request asks: a registered workflow, or a model for one message. */
export type ChatTarget =
  | { readonly type: 'workflow'; readonly name: string; readonly workflow: LoadedWorkflow }
  | { readonly type: 'model'; readonly model: string; readonly own: OwnKey | null }

const WORKFLOW = 'workflow/'

/**
 * Reads `model` (S0.37): `workflow/NAME`, `provider/model`, or a model of the server's own provider;
 * with the caller's key, that provider's alone (S0.24). Throws an ApiError that says what is legal.
 */
export function chatTarget(request: ChatRequest, server: ServerContext): ChatTarget {
  const { model } = request
  const own = ownKey(request)
  if (own !== null) return { type: 'model', model: `${own.provider}/${own.model}`, own }
  if (typeof model !== 'string') {
    if (server.model !== null) return { type: 'model', model: server.model, own }
    throw wrong('model is missing; name it as provider/model', 'missing_model')
  }
  if (model.startsWith(WORKFLOW)) return registered(model.slice(WORKFLOW.length), server)
  return { type: 'model', model: withProvider(model, request, server), own }
}

function registered(name: string, { workflows }: ServerContext): ChatTarget {
  const workflow = workflows.get(name)
  if (workflow !== undefined) return { type: 'workflow', name, workflow }
  const legal = [...workflows.keys()].map((each) => WORKFLOW + each).join(', ') || 'none'
  throw new ApiError('not_found_error', `there is no workflow ${name}; registered: ${legal}`, {
    code: 'model_not_found',
    param: 'model',
  })
}

function withProvider(model: string, request: ChatRequest, server: ServerContext): string {
  const { provider } = request
  if (typeof provider === 'string') return modelName(model, provider)
  const slash = server.model?.indexOf('/') ?? -1
  if (model.includes('/') || slash === -1) return modelName(model)
  return modelName(model, server.model?.slice(0, slash) ?? null)
}

function ownKey(request: ChatRequest): OwnKey | null {
  const { llm_api_key: key, openrouter_api_key: openrouter } = request
  const apiKey = key ?? openrouter
  if (typeof apiKey !== 'string') return null
  const { model } = request
  const slash = model?.indexOf('/') ?? -1
  const named =
    request.provider ??
    (typeof key === 'string' ? model?.slice(0, Math.max(slash, 0)) : 'openrouter')
  const param = typeof key === 'string' ? 'llm_api_key' : 'openrouter_api_key'
  if (typeof model !== 'string' || named === undefined || named === '') {
    const message = `${param} goes with \`model\` and \`provider\` (or with model: provider/model)`
    throw wrong(message, 'byok_missing_model', param)
  }
  if (model.startsWith(WORKFLOW)) {
    throw wrong(`${param} goes with a model, not with a workflow`, 'byok_missing_model', param)
  }
  const provider = ownProvider(named)
  const bare = model.startsWith(`${named}/`) ? model.slice(named.length + 1) : model
  return { provider, model: bare, apiKey }
}

function wrong(message: string, code: string, param = 'model'): ApiError {
  return new ApiError('invalid_request_error', message, { code, param })
}
