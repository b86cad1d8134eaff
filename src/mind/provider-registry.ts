/*
 * From `provider/model` to a model. Provider packages are loaded when first named, so that a
 * workflow that runs on a script loads none.
 */
import type * as Bedrock from '@ai-sdk/amazon-bedrock'
import type { LanguageModelV4 } from '@ai-sdk/provider'

import { MindError } from './mind.ts'

/** The environment that keys and addresses are read from, e.g. `process.env`. */
export type ProviderEnvironment = Readonly<Record<string, string | undefined>>

const KNOWN_PROVIDERS = ['openai', 'anthropic', 'google', 'amazon-bedrock', 'openai-compatible']

/**
 * Finds the model for an id: `openai/gpt-5-mini`, `anthropic/…`, `google/…`, `amazon-bedrock/…`, or
 * `openai-compatible/MODEL` at OPENAI_COMPATIBLE_BASE_URL (else OPENAI_BASE_URL). With one of these
 * two set, any other `NAME/MODEL` goes there too, and the server is asked for MODEL (S0 providers).
 * Throws a MindError that is not retryable: `bad_model`, `unknown_provider`, `missing_key` (it
 * names the variable and what else there is) or `missing_package`.
 */
export async function resolveModel(id: string, env: ProviderEnvironment): Promise<LanguageModelV4> {
  const slash = id.indexOf('/')
  const provider = id.slice(0, Math.max(slash, 0))
  const model = id.slice(slash + 1)
  if (provider === '' || model === '') {
    throw fail(
      'bad_model',
      `the model "${id}" is not written as provider/model, e.g. openai/gpt-5-mini`,
    )
  }
  switch (provider) {
    case 'openai':
      return await openAiModel(model, env)
    case 'anthropic':
      return await anthropicModel(model, env)
    case 'google':
      return await googleModel(model, env)
    case 'amazon-bedrock':
      return await bedrockModel(model, env)
    default:
      return await compatibleModel({ provider, model }, env)
  }
}

async function openAiModel(model: string, env: ProviderEnvironment): Promise<LanguageModelV4> {
  const apiKey = requireKey('openai', ['OPENAI_API_KEY'], env)
  const { createOpenAI } = await import('@ai-sdk/openai')
  return createOpenAI({ apiKey, ...address(env['OPENAI_BASE_URL']) })(model)
}

async function anthropicModel(model: string, env: ProviderEnvironment): Promise<LanguageModelV4> {
  const apiKey = requireKey('anthropic', ['ANTHROPIC_API_KEY'], env)
  const { createAnthropic } = await import('@ai-sdk/anthropic')
  return createAnthropic({ apiKey, ...address(env['ANTHROPIC_BASE_URL']) })(model)
}

async function googleModel(model: string, env: ProviderEnvironment): Promise<LanguageModelV4> {
  const names = ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY']
  const apiKey = requireKey('google', names, env)
  const { createGoogleGenerativeAI } = await import('@ai-sdk/google')
  const baseUrl = env['GOOGLE_GENERATIVE_AI_BASE_URL']
  return createGoogleGenerativeAI({ apiKey, ...address(baseUrl) })(model)
}

async function bedrockModel(model: string, env: ProviderEnvironment): Promise<LanguageModelV4> {
  requireKey('amazon-bedrock', ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_ACCESS_KEY_ID'], env)
  const region = env['AWS_REGION']
  const baseUrl = env['AWS_ENDPOINT_URL_BEDROCK_RUNTIME']
  if (!isSet(region) && !isSet(baseUrl)) {
    throw fail('missing_key', 'amazon-bedrock needs the environment variable AWS_REGION')
  }
  const { createAmazonBedrock } = await loadBedrock()
  const settings = {
    region,
    apiKey: env['AWS_BEARER_TOKEN_BEDROCK'],
    accessKeyId: env['AWS_ACCESS_KEY_ID'],
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'],
    sessionToken: env['AWS_SESSION_TOKEN'],
    baseURL: baseUrl,
  }
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => isSet(value)))
  return createAmazonBedrock(given)(model)
}

async function loadBedrock(): Promise<typeof Bedrock> {
  try {
    return await import('@ai-sdk/amazon-bedrock')
  } catch (error) {
    const message =
      'amazon-bedrock needs the package @ai-sdk/amazon-bedrock: npm install @ai-sdk/amazon-bedrock'
    throw new MindError(message, { code: 'missing_package', retryable: false, cause: error })
  }
}

async function compatibleModel(
  id: { readonly provider: string; readonly model: string },
  env: ProviderEnvironment,
): Promise<LanguageModelV4> {
  const own = env['OPENAI_COMPATIBLE_BASE_URL']
  const baseURL = isSet(own) ? own : env['OPENAI_BASE_URL']
  if (!isSet(baseURL)) {
    const names =
      'set OPENAI_COMPATIBLE_BASE_URL (or OPENAI_BASE_URL) to a server that speaks chat completions'
    if (id.provider === 'openai-compatible')
      throw fail('missing_key', `openai-compatible: ${names}`)
    const known = KNOWN_PROVIDERS.join(', ')
    throw fail(
      'unknown_provider',
      `the provider "${id.provider}" is unknown; known are ${known}; or ${names}`,
    )
  }
  // OpenAI's key goes only where OpenAI's address points.
  const apiKey = env[isSet(own) ? 'OPENAI_COMPATIBLE_API_KEY' : 'OPENAI_API_KEY']
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const provider = createOpenAICompatible({
    name: id.provider,
    baseURL,
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...(isSet(apiKey) ? { apiKey } : {}),
  })
  return provider(id.model)
}

function requireKey(provider: string, names: readonly string[], env: ProviderEnvironment): string {
  for (const name of names) {
    const key = env[name]
    if (isSet(key)) return key
  }
  const others = KNOWN_PROVIDERS.filter((known) => known !== provider).join(', ')
  throw fail(
    'missing_key',
    `${provider} needs the environment variable ${names.join(' or ')}; without it name a model of another provider (${others}) or run on a script (--script FILE)`,
  )
}

function address(baseURL: string | undefined): { readonly baseURL?: string } {
  return isSet(baseURL) ? { baseURL } : {}
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== ''
}

function fail(code: string, message: string): MindError {
  return new MindError(message, { code, retryable: false })
}
