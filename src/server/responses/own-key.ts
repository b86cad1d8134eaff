import { modelName } from '../../dialect/personize/personize-model.ts'
import type { OwnKey } from '../server-context.ts'
import { badRequest } from './request/bad-request.ts'
import type { ResponsesBody } from './request/request-schema.ts'

/** The caller's own key for a provider, which goes no further than this request (S0.24, Law 17). */
export function ownKey(body: ResponsesBody): OwnKey | null {
  const { llm_api_key: key, openrouter_api_key: router, model, provider } = body
  const apiKey = key ?? router ?? null
  if (apiKey === null) return null
  const chosen = (key ?? null) === null ? 'openrouter' : (provider ?? '')
  if (model === undefined || model === null || model === '' || chosen === '') {
    throw badRequest('a key of your own needs `model` and `provider` beside it', {
      code: 'byok_missing_model',
      param: (model ?? '') === '' ? 'model' : 'provider',
    })
  }
  // As its provider knows it: without the provider's own name before it.
  const name = modelName(model, chosen)
  return { provider: chosen, model: name.slice(name.indexOf('/') + 1), apiKey }
}
