import { aiSdkMind } from '../../mind/ai-sdk.ts'
import { MindError, type Mind } from '../../mind/mind.ts'
import { resolveModel, type ProviderEnvironment } from '../../mind/provider-registry.ts'
import { scrub } from '../operation/access-log.ts'
import { ApiError } from '../api-error.ts'
import type { OwnKey } from '../server-context.ts'

/*
 * A caller's own key (S0.24). In flow provider, model and key of one request; out flows a mind that
 * asks this provider alone, with this key alone: none of the server's, and kept nowhere (Law 17).
 */

/** How each provider reads its key; its address is the server's word, never the caller's. */
const PROVIDERS: Readonly<
  Record<string, (key: string, env: ProviderEnvironment) => ProviderEnvironment>
> = {
  openai: (key, env) => ({ OPENAI_API_KEY: key, ...pick(env, ['OPENAI_BASE_URL']) }),
  anthropic: (key, env) => ({ ANTHROPIC_API_KEY: key, ...pick(env, ['ANTHROPIC_BASE_URL']) }),
  google: (key, env) => ({
    GOOGLE_GENERATIVE_AI_API_KEY: key,
    ...pick(env, ['GOOGLE_GENERATIVE_AI_BASE_URL']),
  }),
  'amazon-bedrock': (key, env) => ({
    AWS_BEARER_TOKEN_BEDROCK: key,
    AWS_REGION: env['AWS_REGION'] ?? 'us-east-1',
    ...pick(env, ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME']),
  }),
  deepseek: (key, env) =>
    compatible(key, env['DEEPSEEK_BASE_URL'] ?? 'https://api.deepseek.com/v1'),
  xai: (key, env) => compatible(key, env['XAI_BASE_URL'] ?? 'https://api.x.ai/v1'),
  openrouter: (key, env) =>
    compatible(key, env['OPENROUTER_BASE_URL'] ?? 'https://openrouter.ai/api/v1'),
}

const ALIASES: Readonly<Record<string, string>> = { bedrock: 'amazon-bedrock', gemini: 'google' }

/** The provider by the name that this server has for it. Throws an ApiError that names all of them. */
export function ownProvider(provider: string): string {
  const given = provider.trim().toLowerCase()
  const name = Object.hasOwn(ALIASES, given) ? ALIASES[given] : given
  if (name !== undefined && Object.hasOwn(PROVIDERS, name)) return name
  const known = [...Object.keys(PROVIDERS), 'bedrock'].join(', ')
  const message = `an own key can be used with ${known}; this provider is none of them`
  throw new ApiError('invalid_request_error', message, {
    code: 'unknown_provider',
    param: 'provider',
  })
}

/**
 * A mind for one request: it asks the caller's provider alone, and what that says of the key is
 * taken out of its errors. Throws an ApiError for a provider that is unknown.
 */
export function ownKeyMind(own: OwnKey, env: ProviderEnvironment): Mind {
  const provider = ownProvider(own.provider)
  const environment = PROVIDERS[provider]?.(own.apiKey, env) ?? {}
  const mind = aiSdkMind({ model: (id: string) => resolveModel(id, environment) })
  return {
    async answer(request, context) {
      const model = ownModel(request.model, { ...own, provider })
      try {
        return await mind.answer({ ...request, model }, context)
      } catch (error) {
        throw error instanceof MindError ? withoutKey(error, own.apiKey) : error
      }
    },
  }
}

/** The model by this server's word for its provider; a key is never sent to another provider. */
function ownModel(asked: string | null, { provider, model }: OwnKey): string {
  if (asked === null || asked === model) return `${provider}/${model}`
  const slash = asked.indexOf('/')
  const given = asked.slice(0, Math.max(slash, 0)).toLowerCase()
  const named = Object.hasOwn(ALIASES, given) ? ALIASES[given] : given
  if (named === provider) return `${provider}/${asked.slice(slash + 1)}`
  const message = `the caller's key is for ${provider}, and ${asked} is another provider's model`
  throw new MindError(message, { code: 'own_key_provider', retryable: false })
}

/** Some providers quote the key that they refuse. */
function withoutKey(error: MindError, key: string): MindError {
  const { code, retryable, retryAfterSeconds } = error
  return new MindError(scrub(error.message, [key]), {
    code: scrub(code, [key]),
    retryable,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

function compatible(key: string, address: string): ProviderEnvironment {
  return { OPENAI_COMPATIBLE_BASE_URL: address, OPENAI_COMPATIBLE_API_KEY: key }
}

function pick(env: ProviderEnvironment, names: readonly string[]): ProviderEnvironment {
  return Object.fromEntries(names.map((name) => [name, env[name]]))
}
