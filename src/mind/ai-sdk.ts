/*
 * The mind that asks a model through the AI SDK's provider interface: one request becomes one
 * `doStream` (or `doGenerate`), and one answer comes back. The loop, the retries and the tools are
 * the kernel's.
 */
import type { Mind, MindAnswer, MindContext, MindRequest } from './mind.ts'
import type { CallScope } from './ai-sdk-scope.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { PromptMemo } from './ai-sdk-prompt.ts'
import type { CacheHints } from './ai-sdk-cache.ts'
import type {
  JSONObject,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'

import { UnsupportedFunctionalityError } from '@ai-sdk/provider'

import { readResult, readStream } from './ai-sdk-answer.ts'
import { cacheHints, systemMessage, withLastMark } from './ai-sdk-cache.ts'
import { toMindError } from './ai-sdk-error.ts'
import { createPromptMemo } from './ai-sdk-prompt.ts'
import { providerFamily, scopeCall } from './ai-sdk-scope.ts'
import { MindError } from './mind.ts'
import { toProviderObject } from './provider-json.ts'

/** What `aiSdkMind` is made of. */
export interface AiSdkMindOptions {
  /** One model for every request, or where a request's `provider/model` leads (see resolveModel). */
  readonly model: LanguageModelV4 | ((id: string) => LanguageModelV4 | Promise<LanguageModelV4>)
  /** `doStream`, falling back where it is unsupported, or `doGenerate` from the start. */
  readonly mode?: 'stream' | 'generate'
  /** Prompt-cache markers and keys; `none` for a server that does not take them. */
  readonly cache?: 'hints' | 'none'
}

/**
 * A mind over AI SDK 7 models (S0 providers, Laws 6, 12). Throws a MindError with the provider's
 * words and whether another try may help; when the signal is aborted, its reason.
 */
export function aiSdkMind(options: AiSdkMindOptions): Mind {
  const memo = createPromptMemo()
  const find = modelFinder(options.model)
  return {
    async answer(request, context) {
      context.signal.throwIfAborted()
      try {
        const model = await find(request.model)
        const call = await buildCall(request, { model, memo, cache: options.cache ?? 'hints' })
        return await ask({ model, call, mode: options.mode ?? 'stream' }, context)
      } catch (error) {
        context.signal.throwIfAborted()
        throw toMindError(error, Date.now())
      }
    },
  }
}

/** Callers may name any number of models; those used last are kept. */
const MODELS_KEPT = 1_000

function modelFinder(
  source: AiSdkMindOptions['model'],
): (id: string | null) => Promise<LanguageModelV4> {
  if (typeof source !== 'function') return async () => source
  const found = new Map<string, LanguageModelV4>()
  return async (id) => {
    if (id === null) {
      const message =
        'no model is named: set `model: provider/model` in the workflow or for the run'
      throw new MindError(message, { code: 'no_model', retryable: false })
    }
    const model = found.get(id) ?? (await source(id))
    found.delete(id)
    found.set(id, model)
    const [oldest] = found.keys()
    if (found.size > MODELS_KEPT && oldest !== undefined) found.delete(oldest)
    return model
  }
}

interface CallSetting {
  readonly model: LanguageModelV4
  readonly memo: PromptMemo
  readonly cache: 'hints' | 'none'
}

async function buildCall(
  request: MindRequest,
  { cache, memo, model }: CallSetting,
): Promise<LanguageModelV4CallOptions> {
  const { modelId, provider } = model
  const family = providerFamily(provider)
  const page = memo.page(request.messages, `${provider}/${modelId}`)
  const rejectsForcedTool = family === 'anthropic' && (await rejectsForced(request, modelId))
  const target = { family, modelId, hasCalls: page.hasCalls, rejectsForcedTool }
  const scope = scopeCall(request, target)
  const hints: CacheHints =
    cache === 'none'
      ? { request: {}, system: null, lastMessage: null }
      : cacheHints(request, { family, provider, modelId })
  const head = systemMessage(request.system, hints)
  const prompt = withLastMark(page.write(scope.notes, head), hints)
  return {
    prompt,
    ...scope.options,
    ...sampling(request),
    providerOptions: mergeOptions(request, { provider, scope, hints }),
  }
}

/** Asked only where it matters: a named tool under `stable` on a model that may not take one. */
async function rejectsForced(request: MindRequest, modelId: string): Promise<boolean> {
  if (request.scope === 'strict' || request.choose === 'auto' || request.choose === 'none') {
    return false
  }
  const thinking = request.settings.provider?.['anthropic']?.['thinking']
  if (thinking !== undefined) return true
  const { getModelCapabilities } = await import('@ai-sdk/anthropic/internal')
  return getModelCapabilities(modelId).rejectsForcedToolUse
}

function sampling(request: MindRequest): Partial<LanguageModelV4CallOptions> {
  const { max_output_tokens, seed, temperature, top_p } = request.settings
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(top_p === undefined ? {} : { topP: top_p }),
    ...(max_output_tokens === undefined ? {} : { maxOutputTokens: max_output_tokens }),
    ...(seed === undefined ? {} : { seed }),
  }
}

/*
 * Ours first, the author's over them, tool legality last. OpenAI is told to keep nothing, so that
 * the request holds the whole history (with its reasoning, encrypted) however long a run rests.
 */
function mergeOptions(
  request: MindRequest,
  ours: { readonly provider: string; readonly scope: CallScope; readonly hints: CacheHints },
): SharedV4ProviderOptions {
  const author: Readonly<Record<string, JsonObject>> = request.settings.provider ?? {}
  const scope = ours.scope.providerOptions
  const merged = new Map<string, JSONObject>()
  const add = (options: Readonly<Record<string, JSONObject>>): void => {
    for (const [name, value] of Object.entries(options)) {
      merged.set(name, { ...merged.get(name), ...value })
    }
  }
  if (scope['openai'] !== undefined) add({ openai: { store: false } })
  add(ours.hints.request)
  add(scope)
  for (const [name, value] of Object.entries(author)) add({ [name]: toProviderObject(value) })
  const openai = merged.get('openai')
  if (openai !== undefined) {
    const azure = ours.provider.startsWith('azure') ? merged.get('azure') : undefined
    const { allowedTools: _, ...rest } = { ...openai, ...azure }
    const legality = scope['openai']?.['allowedTools']
    const whole = legality === undefined ? rest : { ...rest, allowedTools: legality }
    merged.set(azure === undefined ? 'openai' : 'azure', whole)
  }
  return Object.fromEntries(merged)
}

async function ask(
  request: {
    readonly model: LanguageModelV4
    readonly call: LanguageModelV4CallOptions
    readonly mode: 'stream' | 'generate'
  },
  context: MindContext,
): Promise<MindAnswer> {
  const { mode, model } = request
  const call = { ...request.call, abortSignal: context.signal }
  if (mode === 'generate') return readResult(await model.doGenerate(call), context)
  let stream
  try {
    stream = (await model.doStream(call)).stream
  } catch (error) {
    if (!UnsupportedFunctionalityError.isInstance(error)) throw error
    return readResult(await model.doGenerate(call), context)
  }
  return await readStream(stream, context)
}
