/*
 * Prompt-cache hints. Anthropic's own API places a moving breakpoint itself when asked for in the
 * request's top level, so that the messages' bytes stay the same; elsewhere (Bedrock, Vertex) the
 * marker must stand in the last message and moves with it. Markers are no content: the cached
 * prefix is the same with or without them. Two breakpoints of the four allowed are used: the end of
 * the system message, which all runs of a workflow share, and the end of the transcript.
 */
import type { MindRequest } from './mind.ts'
import type { ProviderFamily } from './ai-sdk-scope.ts'
import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'

/** The hints of one call, by place; null where none is given. */
export interface CacheHints {
  readonly request: SharedV4ProviderOptions
  readonly system: SharedV4ProviderOptions | null
  readonly lastMessage: SharedV4ProviderOptions | null
}

const NONE: CacheHints = { request: {}, system: null, lastMessage: null }
// Bedrock rejects cache points for models without prompt caching, so only known ones get them.
const BEDROCK_CLAUDE = /anthropic\.claude-(3-[57]|(sonnet|opus|haiku|fable)-)/
const BEDROCK_NOVA = /amazon\.nova/
const MAX_OPENAI_KEY_LENGTH = 64

/** The cache hints for a request to one model. OpenAI routes calls of a run by its id. */
export function cacheHints(
  request: MindRequest,
  target: { readonly family: ProviderFamily; readonly provider: string; readonly modelId: string },
): CacheHints {
  switch (target.family) {
    case 'openai-responses':
    case 'openai-chat': {
      const promptCacheKey = request.run.slice(0, MAX_OPENAI_KEY_LENGTH)
      return { ...NONE, request: { openai: { promptCacheKey } } }
    }
    case 'anthropic': {
      const mark = { anthropic: { cacheControl: { type: 'ephemeral' } } }
      return target.provider.startsWith('anthropic')
        ? { request: mark, system: mark, lastMessage: null }
        : { request: {}, system: mark, lastMessage: mark }
    }
    case 'bedrock': {
      const mark = { amazonBedrock: { cachePoint: { type: 'default' } } }
      if (BEDROCK_CLAUDE.test(target.modelId))
        return { request: {}, system: mark, lastMessage: mark }
      return BEDROCK_NOVA.test(target.modelId) ? { ...NONE, system: mark } : NONE
    }
    case 'compatible':
    case 'google':
    case 'other':
      return NONE
  }
}

/** The system message with its hint; null when there is none. */
export function systemMessage(
  system: string | null,
  hints: CacheHints,
): LanguageModelV4Message | null {
  if (system === null) return null
  const message: LanguageModelV4Message = { role: 'system', content: system }
  return hints.system === null ? message : mark(message, hints.system)
}

/** Marks the end of a prompt where the hints ask for it; `prompt` itself is not changed. */
export function withLastMark(
  prompt: LanguageModelV4Prompt,
  hints: CacheHints,
): LanguageModelV4Prompt {
  const last = prompt.at(-1)
  if (last === undefined || hints.lastMessage === null) return prompt
  return [...prompt.slice(0, -1), mark(last, hints.lastMessage)]
}

function mark(
  message: LanguageModelV4Message,
  options: SharedV4ProviderOptions,
): LanguageModelV4Message {
  return { ...message, providerOptions: { ...message.providerOptions, ...options } }
}
