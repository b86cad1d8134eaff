/*
 * How scope, tool choice and structured output reach a provider. The kernel refuses what is not
 * legal whatever happens here; this file only makes the request as truthful as its adapter allows,
 * keeps the tool history whole (Law 6) and, under `stable`, the prefix the same (Law 12). What each
 * adapter really sends is asserted by test/provider-bodies.test.ts.
 */
import type { JsonObject } from '../core/spec/json.ts'
import type { MindRequest, ToolOffer } from './mind.ts'
import type { PromptNotes } from './ai-sdk-prompt.ts'
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4ToolChoice,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'

import { ownValue } from '../core/spec/json.ts'
import { isOpenAiStrictSchema } from './openai-strict-schema.ts'
import { isProviderSchema } from './provider-json.ts'

/** Which adapter's habits apply. `compatible` is any chat-completions server but OpenAI's own. */
export type ProviderFamily =
  | 'openai-responses'
  | 'openai-chat'
  | 'compatible'
  | 'anthropic'
  | 'google'
  | 'bedrock'
  | 'other'

/** The model that a request is shaped for. */
export interface ScopeTarget {
  readonly family: ProviderFamily
  readonly modelId: string
  /** True when the transcript holds tool calls. */
  readonly hasCalls: boolean
  /** True when the model takes no forced tool: its adapter then drops the other definitions. */
  readonly rejectsForcedTool: boolean
}

/** What scope decides of a call. */
export interface CallScope {
  readonly options: Pick<LanguageModelV4CallOptions, 'tools' | 'toolChoice' | 'responseFormat'>
  readonly notes: PromptNotes
  readonly providerOptions: SharedV4ProviderOptions
}

// The models for which @ai-sdk/anthropic documents tool changes within a conversation.
const TOOL_CHANGE_MODELS = /claude-opus-4-8/

/** Reads the family off an AI SDK model's `provider`, e.g. `openai.responses`. */
export function providerFamily(provider: string): ProviderFamily {
  if (/^(openai|azure)\b.*\.responses$/.test(provider)) return 'openai-responses'
  if (provider === 'openai.chat' || provider === 'azure.chat') return 'openai-chat'
  if (provider.includes('anthropic')) return 'anthropic'
  if (/^(google|vertex)\b/.test(provider)) return 'google'
  if (provider === 'amazon-bedrock') return 'bedrock'
  return provider.endsWith('.chat') ? 'compatible' : 'other'
}

/** Turns a request's scope, choice and output schema into call options for one provider. */
export function scopeCall(request: MindRequest, target: ScopeTarget): CallScope {
  const offers = offeredTools(request, target)
  const toolChoice = offers.length === 0 ? undefined : chooseTool(request, target)
  const callable = offers.length > 0 && !isSilent(request)
  const output = scopeOutput(request, { ...target, offers: offers.length, callable })
  return {
    options: {
      ...(offers.length === 0 ? {} : { tools: offers.map(toProviderTool) }),
      ...(toolChoice === undefined ? {} : { toolChoice }),
      ...(output.native === null ? {} : { responseFormat: responseFormat(output.native) }),
    },
    notes: {
      step: request.step,
      schema: output.told,
      ...(output.told !== null && !callable ? { always: true } : {}),
      tools: callable ? toolChanges(request, target) : null,
    },
    providerOptions: scopeProviderOptions(request, {
      family: target.family,
      native: output.native,
    }),
  }
}

/** True when no tool may be called at all now. */
function isSilent(request: MindRequest): boolean {
  return request.legal.length === 0 || request.choose === 'none'
}

function offeredTools(request: MindRequest, target: ScopeTarget): readonly ToolOffer[] {
  if (request.scope === 'stable') return request.tools
  // Bedrock and Anthropic reject tool history without definitions, so they stay while there is one.
  if (isSilent(request)) return target.hasCalls ? request.tools : []
  const legal = new Set(request.legal)
  return request.tools.filter((tool) => legal.has(tool.name))
}

function chooseTool(request: MindRequest, target: ScopeTarget): LanguageModelV4ToolChoice {
  // Under `none` Bedrock's adapter drops the definitions and then every call and result.
  if (isSilent(request)) return { type: target.family === 'bedrock' ? 'auto' : 'none' }
  const { choose, legal, scope } = request
  if (choose === 'auto' || choose === 'none') return { type: choose }
  const only = choose === 'required' ? soleName(legal) : choose.tool
  if (only === null || !legal.includes(only)) {
    return { type: choose === 'required' ? 'required' : 'auto' }
  }
  // These two adapters send the named definition alone, which would change the stable prefix.
  const drops = target.family === 'bedrock' || target.rejectsForcedTool
  if (scope === 'stable' && drops) return { type: 'required' }
  return choose === 'required' && scope === 'strict'
    ? { type: 'required' }
    : { type: 'tool', toolName: only }
}

function soleName(names: readonly string[]): string | null {
  return names.length === 1 ? (names[0] ?? null) : null
}

interface OutputTarget extends ScopeTarget {
  readonly offers: number
  readonly callable: boolean
}

interface OutputScope {
  /** The schema that the provider is asked to enforce. */
  readonly native: JsonObject | null
  /** The schema that the model is told in the transcript. */
  readonly told: JsonObject | null
}

/*
 * OpenAI enforces a schema beside callable tools and outside the prefix. Anthropic and Google add a
 * `json` tool for older models, Bedrock adds one and forces a call or rewrites the system prompt,
 * and some compatible servers never call a tool while a schema is set. Where that would cost the
 * tools or the prefix the schema is told in words; the kernel checks every answer anyway.
 */
function scopeOutput(request: MindRequest, target: OutputTarget): OutputScope {
  const schema = request.output
  if (schema === null) return { native: null, told: null }
  const native = { native: schema, told: null }
  const told = { native: null, told: schema }
  const isObject = ownValue(schema, 'type') === 'object'
  switch (target.family) {
    case 'openai-responses':
    case 'openai-chat':
      return isObject ? native : told
    case 'compatible':
      return { native: target.callable || !isObject ? null : schema, told: schema }
    case 'bedrock':
      return request.scope === 'stable' || target.offers > 0 ? told : native
    case 'anthropic':
    case 'google':
    case 'other':
      return request.scope === 'stable' ? told : native
  }
}

function responseFormat(
  schema: JsonObject,
): NonNullable<LanguageModelV4CallOptions['responseFormat']> {
  return isProviderSchema(schema) ? { type: 'json', schema, name: 'output' } : { type: 'json' }
}

function toolChanges(request: MindRequest, target: ScopeTarget): PromptNotes['tools'] {
  if (request.scope === 'strict' || target.family !== 'anthropic') return null
  if (!TOOL_CHANGE_MODELS.test(target.modelId)) return null
  return { all: request.tools.map((tool) => tool.name), legal: request.legal }
}

function scopeProviderOptions(
  request: MindRequest,
  target: { readonly family: ProviderFamily; readonly native: JsonObject | null },
): SharedV4ProviderOptions {
  const strict = target.native === null ? null : isOpenAiStrictSchema(target.native)
  const schemaOptions = strict === null ? {} : { strictJsonSchema: strict }
  switch (target.family) {
    case 'openai-responses':
      return { openai: { ...schemaOptions, ...allowedTools(request) } }
    case 'openai-chat':
      return { openai: schemaOptions }
    case 'compatible':
      return strict === null ? {} : { openaiCompatible: schemaOptions }
    case 'anthropic':
    case 'google':
    case 'bedrock':
    case 'other':
      return {}
  }
}

function allowedTools(request: MindRequest): {
  readonly allowedTools?: { toolNames: string[]; mode: 'auto' | 'required' }
} {
  const { choose, legal, scope, tools } = request
  if (scope === 'strict' || isSilent(request) || legal.length === tools.length) return {}
  if (typeof choose === 'object' && legal.includes(choose.tool)) return {}
  const mode = choose === 'required' ? 'required' : 'auto'
  return { allowedTools: { toolNames: [...legal], mode } }
}

function toProviderTool(offer: ToolOffer): LanguageModelV4FunctionTool {
  const inputSchema = isProviderSchema(offer.input) ? offer.input : {}
  return { type: 'function', name: offer.name, description: offer.about, inputSchema }
}
