/*
 * What a model sent back, streamed or whole, as one MindAnswer. Both ways go through the same
 * reading of parts; sources, files and what a provider executed itself are passed over.
 */
import { messageOf } from '../core/spec/message-of.ts'
import type { AnswerPart, FinishReason, Usage } from '../core/log/event.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import type { MindAnswer, MindContext } from './mind.ts'
import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

import { isJsonObject } from '../core/spec/json.ts'
import { streamBroken, toStreamError } from './ai-sdk-error.ts'
import { fromProviderJson, fromProviderObject } from './provider-json.ts'

/** Reads a whole result. Text goes to `onText` at once; an empty answer is `stream_broken`. */
export function readResult(
  result: LanguageModelV4GenerateResult,
  context: Pick<MindContext, 'onText'>,
): MindAnswer {
  const parts: AnswerPart[] = []
  for (const content of result.content) {
    const part = toAnswerPart(content)
    if (part !== null) parts.push(part)
    if (part?.type === 'text' && part.text !== '') context.onText(part.text)
  }
  return toAnswer(parts, { reason: result.finishReason, usage: result.usage })
}

/**
 * Reads a stream to its end, handing text on as it comes. Throws a MindError for an error part,
 * `stream_broken` when the stream stops before its finish, and the signal's reason when aborted;
 * the stream is cancelled in every case but its own end.
 */
export async function readStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  context: MindContext,
): Promise<MindAnswer> {
  const reader = stream.getReader()
  const stop = (): void => void reader.cancel().catch(() => undefined)
  context.signal.addEventListener('abort', stop)
  const draft = newDraft()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(throwBroken)
      context.signal.throwIfAborted()
      if (done) break
      takePart(draft, { part: value, context })
    }
  } catch (error) {
    stop()
    throw error
  } finally {
    context.signal.removeEventListener('abort', stop)
  }
  if (draft.end === null) throw streamBroken('the stream stopped before the answer was whole')
  return toAnswer(draft.slots.flatMap(closeSlot), draft.end)
}

/** Whatever breaks a stream that had begun: the line, or an adapter that cannot read on. */
function throwBroken(error: unknown): never {
  const message = messageOf(error)
  throw streamBroken(`the stream broke off: ${message}`, error)
}

interface Ending {
  readonly reason: LanguageModelV4FinishReason
  readonly usage: LanguageModelV4Usage
}

/** One part of the answer, in the order in which parts began. */
type Slot =
  | { readonly type: 'text' | 'reasoning'; readonly chunks: string[]; options: JsonObject }
  | { readonly type: 'whole'; readonly part: AnswerPart }

type TextSlot = Extract<Slot, { chunks: string[] }>

interface Draft {
  readonly slots: Slot[]
  readonly open: Map<string, TextSlot>
  end: Ending | null
}

function newDraft(): Draft {
  return { slots: [], open: new Map(), end: null }
}

type TextBlockPart = Extract<
  LanguageModelV4StreamPart,
  { type: `${'text' | 'reasoning'}-${'start' | 'delta' | 'end'}` }
>

function takePart(
  draft: Draft,
  input: { readonly part: LanguageModelV4StreamPart; readonly context: MindContext },
): void {
  const { context, part } = input
  if (part.type === 'error') throw toStreamError(part.error, Date.now())
  if (part.type === 'finish') draft.end = { reason: part.finishReason, usage: part.usage }
  if (part.type === 'tool-call') {
    const call = toCall(part)
    if (call !== null) draft.slots.push({ type: 'whole', part: call })
  }
  if (!isTextBlockPart(part)) return
  const slot = openSlot(draft, part)
  addOptions(slot, part.providerMetadata)
  if (!('delta' in part) || part.delta === '') return
  slot.chunks.push(part.delta)
  if (part.type === 'text-delta') context.onText(part.delta)
}

function isTextBlockPart(part: LanguageModelV4StreamPart): part is TextBlockPart {
  return /^(text|reasoning)-(start|delta|end)$/.test(part.type)
}

function openSlot(draft: Draft, part: TextBlockPart): TextSlot {
  const type = part.type.startsWith('text') ? 'text' : 'reasoning'
  const key = `${type} ${part.id}`
  const open = part.type.endsWith('-start') ? undefined : draft.open.get(key)
  if (open !== undefined) return open
  const slot: TextSlot = { type, chunks: [], options: {} }
  draft.open.set(key, slot)
  draft.slots.push(slot)
  return slot
}

/** Adds a provider's members to those before: a signature may come after an id. */
function addOptions(slot: TextSlot, metadata: object | undefined): void {
  if (metadata === undefined) return
  const merged: Record<string, Json> = { ...slot.options }
  for (const [provider, value] of Object.entries(fromProviderObject(metadata))) {
    const before = merged[provider]
    merged[provider] = isJsonObject(before) && isJsonObject(value) ? { ...before, ...value } : value
  }
  slot.options = merged
}

function closeSlot(slot: Slot): readonly AnswerPart[] {
  if (slot.type === 'whole') return [slot.part]
  const part = textPart({ type: slot.type, text: slot.chunks.join(''), options: slot.options })
  return part === null ? [] : [part]
}

function toAnswerPart(content: LanguageModelV4Content): AnswerPart | null {
  if (content.type === 'tool-call') return toCall(content)
  if (content.type !== 'text' && content.type !== 'reasoning') return null
  const options = fromProviderObject(content.providerMetadata ?? {})
  return textPart({ type: content.type, text: content.text, options })
}

function textPart(part: {
  readonly type: 'text' | 'reasoning'
  readonly text: string
  readonly options: JsonObject
}): AnswerPart | null {
  const { options, text, type } = part
  if (Object.keys(options).length > 0) return { type, text, options }
  return text === '' ? null : { type, text }
}

function toCall(call: LanguageModelV4ToolCall): AnswerPart | null {
  if (call.providerExecuted === true) return null
  const options = fromProviderObject(call.providerMetadata ?? {})
  const part = {
    type: 'call',
    id: call.toolCallId,
    tool: call.toolName,
    args: readArgs(call.input),
  }
  return Object.keys(options).length === 0
    ? { ...part, type: 'call' }
    : { ...part, type: 'call', options }
}

function readArgs(input: string): Json {
  if (input.trim() === '') return {}
  try {
    return fromProviderJson(JSON.parse(input)) ?? input
  } catch {
    return input
  }
}

function toAnswer(parts: readonly AnswerPart[], end: Ending): MindAnswer {
  const { raw, unified } = end.reason
  if (unified === 'interrupted' || (unified === 'other' && raw === undefined)) {
    throw streamBroken('the answer stopped without a reason to finish')
  }
  const finish: FinishReason = unified
  const isEmpty = !parts.some((part) => part.type === 'call' || part.text !== '')
  if (isEmpty && finish !== 'length' && finish !== 'content-filter') {
    throw streamBroken('the model gave an empty answer')
  }
  return { parts, finish, usage: toUsage(end.usage) }
}

function toUsage(usage: LanguageModelV4Usage): Usage {
  const { inputTokens, outputTokens } = usage
  const cached = inputTokens.cacheRead ?? 0
  const counted = (inputTokens.noCache ?? 0) + cached + (inputTokens.cacheWrite ?? 0)
  return {
    input: inputTokens.total ?? counted,
    output: outputTokens.total ?? (outputTokens.text ?? 0) + (outputTokens.reasoning ?? 0),
    cached,
  }
}
