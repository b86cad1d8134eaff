import { z } from 'zod'
import type { Message } from '../../core/log/message.ts'
import type { Pending } from '../../core/log/event.ts'
import type { CallRecord } from '../../core/log/record/run-record.ts'
import { canonicalJson, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { ClientResult } from '../../drive/first-events.ts'
import { ApiError } from '../api-error.ts'
import { jsonOrText } from '../json-or-text.ts'
import { invalid } from './continuation.ts'

/*
 * The conversation of a paused run, as its caller may read it and sends it back. The continuation
 * alone is what counts; the conversation must say the same, so that nobody who changes it believes
 * that it was heard.
 */

/** A call in both shapes that clients know: OpenAI's and Personize's own. */
export interface ToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
  readonly name: string
  readonly args: Json
}

export interface ConversationMessage {
  readonly role: 'user' | 'assistant' | 'tool'
  /** Words, or OpenAI's parts where a user's message has pictures. */
  readonly content: string | readonly JsonObject[]
  readonly tool_calls?: readonly ToolCall[]
  readonly tool_call_id?: string
}

export function toToolCall(call: {
  readonly call: string
  readonly tool: string
  readonly args: Json
}): ToolCall {
  const written = typeof call.args === 'string' ? call.args : JSON.stringify(call.args)
  return {
    id: call.call,
    type: 'function',
    function: { name: call.tool, arguments: written },
    name: call.tool,
    args: call.args,
  }
}

/**
 * Writes a transcript as a conversation. `settled` has what calls of the last message came to while
 * others of it still wait.
 */
export function toConversation(
  transcript: readonly Message[],
  settled: ReadonlyMap<string, CallRecord>,
): readonly ConversationMessage[] {
  const last = transcript.at(-1)
  const open =
    last?.role === 'assistant'
      ? last.parts.flatMap((part) => {
          const call = part.type === 'call' ? settled.get(part.id) : undefined
          if (call === undefined) return []
          const value = call.result ?? { error: { ...call.error } }
          return [toolMessage(call.call, value)]
        })
      : []
  return [...transcript.flatMap(toMessages), ...open]
}

function toMessages(message: Message): readonly ConversationMessage[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: contentOf(message) }]
    case 'assistant': {
      const calls = message.parts.flatMap((part) =>
        part.type === 'call'
          ? [toToolCall({ call: part.id, tool: part.tool, args: part.args })]
          : [],
      )
      const content = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
      return [{ role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) }]
    }
    case 'tool':
      return message.results.map(({ call, result }) => {
        if (result.ok) return toolMessage(call, result.output)
        const { code, message: words } = result.error
        return toolMessage(call, { error: { code, message: words } })
      })
  }
}

function contentOf({ text, images = [] }: Extract<Message, { role: 'user' }>): Content {
  if (images.length === 0) return text
  const words = text === '' ? [] : [{ type: 'text', text }]
  return [...words, ...images.map((url) => ({ type: 'image_url', image_url: { url } }))]
}

type Content = ConversationMessage['content']

function toolMessage(call: string, value: Json): ConversationMessage {
  const content = typeof value === 'string' ? value : JSON.stringify(value)
  return { role: 'tool', content, tool_call_id: call }
}

/** A message as callers may send it back; what else is in it counts for nothing. */
export const sentMessageSchema: z.ZodType<SentMessage> = z.looseObject({
  role: z.string(),
  content: z.json().optional(),
  tool_calls: z.array(z.looseObject({ id: z.string() })).nullish(),
  tool_call_id: z.string().nullish(),
  is_error: z.boolean().nullish(),
})

export interface SentMessage {
  readonly role: string
  readonly content?: Json | undefined
  readonly tool_calls?: readonly SentCall[] | null | undefined
  readonly tool_call_id?: string | null | undefined
  readonly is_error?: boolean | null | undefined
}

interface SentCall {
  readonly id: string
  readonly function?: unknown
}

/**
 * What a caller answers: the conversation must be the one that was given out, and behind it one
 * result for each call that waits. Throws an ApiError otherwise, before anything runs.
 */
export function readAnswers(
  sent: readonly SentMessage[],
  on: { readonly given: readonly ConversationMessage[]; readonly pending: readonly Pending[] },
): readonly ClientResult[] {
  const { given, pending } = on
  assertSame(sent, given)
  return readResults(
    sent.slice(given.length).map((message, index) => {
      const at = `conversation[${given.length + index}]`
      if (message.role !== 'tool') {
        throw wrong(
          `${at} has the role ${message.role}; behind the conversation come only \`tool\` messages, with the results`,
          at,
        )
      }
      const { tool_call_id: call, content = null, is_error: failed } = message
      return { call: call ?? '', content, failed: failed === true, at }
    }),
    pending,
  )
}

/** The words with which a user answers what the run asked: the one message behind the conversation. */
export function readWords(
  sent: readonly SentMessage[],
  given: readonly ConversationMessage[],
): string {
  assertSame(sent, given)
  const [message, ...more] = sent.slice(given.length)
  const at = `conversation[${given.length}]`
  if (message?.role !== 'user' || more.length > 0) {
    throw wrong(`the run waits for one \`user\` message behind the conversation, at ${at}`, at)
  }
  const { content = '' } = message
  if (Array.isArray(content) && content.some((part) => textOfPart(part) === null)) {
    const text = `${at}.content: a run that waits for words is told words alone; legal are parts with a text`
    throw new ApiError('invalid_request_error', text, { code: 'unsupported_content', param: at })
  }
  return plainText(content)
}

function assertSame(sent: readonly SentMessage[], given: readonly ConversationMessage[]): void {
  const same = given.every((message, index) => {
    const back = sent[index]
    return back !== undefined && shapeOf(back) === shapeOf(message)
  })
  if (!same) throw invalid()
}

/** A result as a caller sends it. */
export interface SentResult {
  readonly call: string
  readonly content: Json
  readonly failed: boolean
  /** Where in the request it stands. */
  readonly at: string
}

/** One result for each call that waits, no more and no less. */
export function readResults(
  sent: readonly SentResult[],
  pending: readonly Pending[],
): readonly ClientResult[] {
  const open = new Set(pending.map(({ call }) => call))
  const results = sent.map((result): ClientResult => {
    const { call, content, at } = result
    if (!open.delete(call)) {
      const legal = pending.map((each) => each.call).join(', ')
      throw wrong(
        `${at} answers the call ${call || '(none)'}, which does not wait; waiting: ${legal}`,
        at,
      )
    }
    const text = plainText(content)
    if (text.length > MAX_RESULT) {
      throw wrong(`${at} has ${text.length} characters; a result has at most ${MAX_RESULT}`, at)
    }
    return result.failed
      ? { call, error: { code: 'CLIENT_ERROR', message: text.slice(0, 4_000) } }
      : { call, output: valueOf(text, content) }
  })
  if (open.size > 0) {
    const names = pending
      .filter(({ call }) => open.has(call))
      .map(({ call, tool }) => `${call} (${tool})`)
    throw wrong(`no result for the call ${names.join(', ')}`, 'conversation')
  }
  return results
}

const MAX_RESULT = 256 * 1024

/** Parts of text are one text; JSON in a text is what it says. */
function plainText(content: Json): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return JSON.stringify(content)
  const texts = content.map(textOfPart)
  return texts.every((text) => text !== null) ? texts.join('') : JSON.stringify(content)
}

function textOfPart(part: Json): string | null {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return null
  const text = Object.hasOwn(part, 'text') ? Reflect.get(part, 'text') : null
  return typeof text === 'string' ? text : null
}

function valueOf(text: string, content: Json): Json {
  if (typeof content !== 'string' && !Array.isArray(content)) return content
  return jsonOrText(text)
}

/** What of a message must be the same again. */
function shapeOf(message: SentMessage | ConversationMessage): string {
  const { role, content, tool_calls: calls, tool_call_id: call } = message
  const shape: JsonObject = {
    role,
    content: shapeOfContent(content ?? ''),
    calls: (calls ?? []).map(shapeOfCall),
    call: call ?? null,
  }
  return canonicalJson(shape)
}

/** A text in parts is the text; pictures are compared as they are. */
function shapeOfContent(content: Json): string {
  const isText = !Array.isArray(content) || content.every((part) => textOfPart(part) !== null)
  return isText ? plainText(content) : canonicalJson(content)
}

const calledSchema = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  args: z.json().optional(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }).nullish(),
})

/** Either shape of a call will do; where both are there, both count. */
function shapeOfCall(call: SentCall | ToolCall): Json {
  const read = calledSchema.safeParse(call)
  if (!read.success) return null
  const { id, name, args, function: called } = read.data
  const parsed = called === undefined || called === null ? undefined : jsonOrText(called.arguments)
  return [
    id,
    called?.name ?? name ?? null,
    name ?? called?.name ?? null,
    parsed ?? args ?? null,
    args ?? parsed ?? null,
  ]
}

function wrong(message: string, param: string): ApiError {
  return new ApiError('invalid_request_error', message, { code: 'invalid_tool_result', param })
}
