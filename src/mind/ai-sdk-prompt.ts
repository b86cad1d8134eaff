/*
 * The transcript as the AI SDK's prompt. A transcript only grows, so what was converted stays
 * converted: a call costs its new messages and one shallow copy. Between messages there may stand
 * notes of our own (a schema that the provider cannot be given otherwise, a change of the offered
 * tools); once sent they stay where they are, so that the prefix stays the same (Law 12).
 */
import type { AnswerPart } from '../core/log/event.ts'
import type { CallResult, Message } from '../core/log/message.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'

import { canonicalJson, isJsonObject } from '../core/spec/json.ts'
import { toProviderJson, toProviderObject, toProviderOptions } from './provider-json.ts'

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content']
type UserContent = Extract<LanguageModelV4Message, { role: 'user' }>['content']

/** What one call wants said at the transcript's end, unless it was said there before. */
export interface PromptNotes {
  readonly step: string
  /** A JSON Schema to tell the model in words; null when the provider is given it otherwise. */
  readonly schema: JsonObject | null
  /** True where every answer must fit it, as no tool may be called beside it. */
  readonly always?: boolean
  /** Tools to offer from here on by Anthropic's tool changes; null to leave them as they are. */
  readonly tools: { readonly all: readonly string[]; readonly legal: readonly string[] } | null
}

/** The converted form of one transcript for one model. */
export interface PromptPage {
  /** True when the transcript holds a tool call: providers then want tool definitions. */
  readonly hasCalls: boolean
  /** The head, then the messages and notes so far; a fresh array of shared messages. */
  write(notes: PromptNotes, head?: LanguageModelV4Message | null): LanguageModelV4Prompt
}

/** Remembers converted transcripts for as long as their arrays live. */
export interface PromptMemo {
  /**
   * The page of a transcript, brought up to date: O(new messages). `model` keeps apart the models
   * that answer over the same transcript, for their notes differ.
   */
  page(messages: readonly Message[], model: string): PromptPage
}

/** Makes an empty memo; a mind owns one. */
export function createPromptMemo(): PromptMemo {
  const pages = new WeakMap<readonly Message[], Map<string, Draft>>()
  return {
    page(messages, model) {
      const byModel = pages.get(messages) ?? new Map<string, Draft>()
      pages.set(messages, byModel)
      const known = byModel.get(model)
      const draft = known === undefined || known.taken > messages.length ? newDraft() : known
      byModel.set(model, draft)
      absorb(draft, messages)
      return {
        hasCalls: draft.hasCalls,
        write(notes, head = null) {
          annotate(draft, notes)
          // The one copy of a call, and at once: a spread after an element goes message by message.
          return (head === null ? [] : [head]).concat(draft.prompt)
        },
      }
    },
  }
}

interface Told {
  readonly step: string | null
  readonly schema: string | null
  readonly offered: readonly string[] | null
}

interface Draft {
  readonly prompt: LanguageModelV4Message[]
  taken: number
  hasCalls: boolean
  told: Told
  /** Set while notes stand at the very end: how many, and what was told before them. */
  tail: { count: number; readonly before: Told } | null
}

function newDraft(): Draft {
  const told = { step: null, schema: null, offered: null }
  return { prompt: [], taken: 0, hasCalls: false, told, tail: null }
}

function absorb(draft: Draft, messages: readonly Message[]): void {
  const next = messages[draft.taken]
  if (next === undefined) return
  if (draft.tail !== null && next.role !== 'assistant') {
    // The call that these notes were for was never answered; Anthropic takes a tool change only
    // right before an assistant message.
    draft.prompt.length -= draft.tail.count
    draft.told = draft.tail.before
  }
  draft.tail = null
  for (const message of messages.slice(draft.taken)) {
    const converted = toProviderMessage(message)
    if (converted !== null) draft.prompt.push(converted)
    draft.hasCalls ||=
      message.role === 'assistant' && message.parts.some((part) => part.type === 'call')
  }
  draft.taken = messages.length
}

function annotate(draft: Draft, notes: PromptNotes): void {
  const before = draft.told
  const sameStep = before.step === notes.step
  let schema = sameStep ? before.schema : null
  let offered = before.offered
  const added: LanguageModelV4Message[] = []
  if (notes.schema !== null) {
    const wanted = canonicalJson(notes.schema)
    if (schema !== wanted) added.push(schemaNote(notes.schema, { always: notes.always === true }))
    schema = wanted
  }
  if (notes.tools !== null) {
    const change = toolNote(offered ?? notes.tools.all, notes.tools.legal)
    if (change !== null) added.push(change)
    offered = notes.tools.legal
  }
  draft.told = { step: notes.step, schema, offered }
  draft.prompt.push(...added)
  draft.tail ??= { count: 0, before }
  draft.tail.count += added.length
}

function schemaNote(
  schema: JsonObject,
  { always }: { readonly always: boolean },
): LanguageModelV4Message {
  const when = always ? 'Whenever you answer' : 'When you give the final answer of this step'
  const text = [
    `${when}, give only one JSON value that fits this JSON`,
    `Schema, without a code fence or any other text:\n${JSON.stringify(schema)}`,
  ].join(' ')
  return { role: 'user', content: [{ type: 'text', text }] }
}

function toolNote(
  offered: readonly string[],
  legal: readonly string[],
): LanguageModelV4Message | null {
  const additions = legal
    .filter((name) => !offered.includes(name))
    .map((name) => ({ type: 'tool_addition', toolName: name }))
  const removals = offered
    .filter((name) => !legal.includes(name))
    .map((name) => ({ type: 'tool_removal', toolName: name }))
  const toolChanges = [...additions, ...removals]
  if (toolChanges.length === 0) return null
  return { role: 'system', content: '', providerOptions: { anthropic: { toolChanges } } }
}

/**
 * Converts one message; null for an assistant message that holds nothing, which providers reject.
 * What a part's provider wants back goes back with it: reasoning ids and signatures round-trip.
 */
export function toProviderMessage(message: Message): LanguageModelV4Message | null {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: toUserContent(message) }
    case 'assistant': {
      const content = message.parts.flatMap(toContent)
      return content.length === 0 ? null : { role: 'assistant', content }
    }
    case 'tool':
      return { role: 'tool', content: message.results.map(toResultPart) }
  }
}

function toUserContent({ text, images = [] }: Extract<Message, { role: 'user' }>): UserContent {
  const pictures = images.map(toPicture)
  return text === '' && pictures.length > 0 ? pictures : [{ type: 'text', text }, ...pictures]
}

/** An address is the provider's to fetch, never ours. */
function toPicture(url: string): UserContent[number] {
  const [, mediaType, data] = /^data:(image\/[\w.+-]+);base64,(.*)$/s.exec(url) ?? []
  if (mediaType === undefined || data === undefined) {
    const address = new URL(url)
    const [, ending = ''] = /\.(png|jpe?g|gif|webp)$/i.exec(address.pathname) ?? []
    const kind = ending === '' ? '*' : ending.toLowerCase().replace('jpg', 'jpeg')
    return { type: 'file', mediaType: `image/${kind}`, data: { type: 'url', url: address } }
  }
  return { type: 'file', mediaType, data: { type: 'data', data } }
}

function toContent(part: AnswerPart): AssistantContent {
  const options = withOptions(part.options)
  if (part.type === 'call') return [toCallPart(part, options)]
  if (part.text === '' && part.options === undefined) return []
  return [{ type: part.type, text: part.text, ...options }]
}

function toCallPart(
  part: Extract<AnswerPart, { type: 'call' }>,
  options: { readonly providerOptions?: SharedV4ProviderOptions },
): AssistantContent[number] {
  // Anthropic, Google and Bedrock take objects only; what the model wrote instead stays readable.
  const input = isJsonObject(part.args)
    ? toProviderObject(part.args)
    : { invalid_arguments: toProviderJson(part.args) }
  return { type: 'tool-call', toolCallId: part.id, toolName: part.tool, input, ...options }
}

function withOptions(options: JsonObject | undefined): {
  readonly providerOptions?: SharedV4ProviderOptions
} {
  return options === undefined ? {} : { providerOptions: toProviderOptions(options) }
}

/** A model that takes a denial for an empty result goes on with a wrong fact. */
const NO_ACCESS = 'permission: access was denied; this is a failure, not an empty result'

function toResultPart(result: CallResult): LanguageModelV4ToolResultPart {
  const output = toOutput(result.result)
  return { type: 'tool-result', toolCallId: result.call, toolName: result.tool, output }
}

function toOutput(result: CallResult['result']): LanguageModelV4ToolResultOutput {
  if (result.ok) {
    const { output } = result
    // Bedrock rejects blank text; quoted it is none.
    return typeof output === 'string' && output.trim() !== ''
      ? { type: 'text', value: output }
      : { type: 'json', value: toProviderJson(output) }
  }
  const { code, category, message, retryAfterSeconds, executed } = result.error
  const value = {
    code,
    ...(category === undefined ? {} : { category }),
    message: category === 'permission' ? `${message} (${NO_ACCESS})` : message,
    ...(retryAfterSeconds === undefined ? {} : { retry_after_seconds: retryAfterSeconds }),
    ...(executed === undefined ? {} : { executed }),
  }
  return { type: 'error-json', value }
}
