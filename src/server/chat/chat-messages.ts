import type { AnswerPart } from '../../core/log/event.ts'
import type { CallResult, Message } from '../../core/log/message.ts'
import type { Json } from '../../core/spec/json.ts'
import { readJson } from '../../core/spec/read-json.ts'
import { ApiError } from '../api-error.ts'
import { isImageUrl } from '../image-url.ts'
import type { ChatMessage } from './chat-body.ts'

/*
 * A conversation as OpenAI writes it, read as the transcript of a run. Nothing in it is a fact (Law
 * 3): it was had elsewhere. It is whole: each call has its one result (Law 6).
 */

/** What a request says. */
export interface Conversation {
  /** All system and developer texts, in order; null for none. */
  readonly system: string | null
  /** What was said before `message`. */
  readonly history: readonly Message[]
  /** What the user said last, where the conversation ends with that. */
  readonly message: string | null
}

type AssistantMessage = Extract<ChatMessage, { readonly role: 'assistant' }>
type ToolMessage = Extract<ChatMessage, { readonly role: 'tool' }>

/** How calls and tools of the conversation are named in the transcript. */
export interface Naming {
  readonly tool: (name: string) => string
  readonly call: (id: string) => string
}

const AS_THEY_ARE: Naming = { tool: (name) => name, call: (id) => id }

/**
 * Reads messages as a transcript (S0.37). Throws an ApiError that names the message: a call with no
 * result, a result with no call, a part that no mind takes.
 */
export function readConversation(
  messages: readonly ChatMessage[],
  naming: Naming = AS_THEY_ARE,
): Conversation {
  const system: string[] = []
  const history: Message[] = []
  let open: OpenCalls | null = null
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      open = answer(open, message, index)
      if (open.missing.size === 0) history.push(resultsOf(open, naming))
      continue
    }
    assertAnswered(open)
    open = null
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(textOf(message.content))
        break
      case 'user': {
        const said = userMessage(message.content, index)
        if (said !== null) history.push(said)
        break
      }
      case 'assistant': {
        const parts = partsOf(message, { naming, index })
        if (parts.length > 0) history.push({ role: 'assistant', parts })
        open = opened(message, index)
      }
    }
  }
  assertAnswered(open)
  const said = system.filter((text) => text.trim() !== '').join('\n\n')
  const last = messages.at(-1)?.role === 'user' ? history.at(-1) : undefined
  return {
    system: said === '' ? null : said,
    // A prompt is words alone, so that a message with pictures stays a message.
    ...(last?.role === 'user' && last.images === undefined
      ? { history: history.slice(0, -1), message: last.text }
      : { history, message: null }),
  }
}

/** The calls of an assistant's message, and what answers them. */
interface OpenCalls {
  readonly index: number
  readonly calls: readonly { readonly id: string; readonly tool: string }[]
  readonly missing: Set<string>
  readonly results: Map<string, string>
}

function opened({ tool_calls: calls }: AssistantMessage, index: number): OpenCalls | null {
  if (calls === undefined || calls === null || calls.length === 0) return null
  const missing = new Set(calls.map(({ id }) => id))
  if (missing.size < calls.length) {
    throw wrong(`messages[${index}].tool_calls`, 'two calls of one message have the same id')
  }
  const named = calls.map(({ id, function: { name } }) => ({ id, tool: name }))
  return { index, calls: named, missing, results: new Map() }
}

function answer(open: OpenCalls | null, message: ToolMessage, index: number): OpenCalls {
  const { tool_call_id: call, content } = message
  if (open === null || !open.missing.has(call)) {
    const legal = open === null ? [] : [...open.missing]
    const hint =
      legal.length === 0
        ? 'a tool message follows the assistant message whose call it answers, once'
        : `calls without a result: ${legal.join(', ')}`
    throw wrong(`messages[${index}].tool_call_id`, `answers no call (${call}); ${hint}`)
  }
  open.missing.delete(call)
  open.results.set(call, textOf(content))
  return open
}

function assertAnswered(open: OpenCalls | null): void {
  if (open === null || open.missing.size === 0) return
  const calls = [...open.missing].join(', ')
  throw wrong(
    `messages[${open.index}].tool_calls`,
    `no tool message answers ${calls}; each call needs its result before the conversation goes on`,
  )
}

function resultsOf(open: OpenCalls, naming: Naming): Message {
  const results = open.calls.map(({ id, tool }): CallResult => ({
    call: naming.call(id),
    tool: naming.tool(tool),
    result: { ok: true, output: open.results.get(id) ?? '' },
  }))
  return { role: 'tool', results }
}

function partsOf(
  message: AssistantMessage,
  at: { readonly naming: Naming; readonly index: number },
): readonly AnswerPart[] {
  const { naming } = at
  const { content, refusal, tool_calls: calls } = message
  const said = assistantText(content) || (refusal ?? '')
  const text: readonly AnswerPart[] = said === '' ? [] : [{ type: 'text', text: said }]
  const made = (calls ?? []).map(({ id, function: { name, arguments: written } }): AnswerPart => ({
    type: 'call',
    id: naming.call(id),
    tool: naming.tool(name),
    args: argumentsOf(written),
  }))
  return [...text, ...made]
}

function assistantText(content: AssistantMessage['content']): string {
  if (content === undefined || content === null) return ''
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('')
}

/** What is no JSON stays the text that it is. */
function argumentsOf(written: string): Json {
  if (written.trim() === '') return {}
  try {
    const read = readJson(JSON.parse(written))
    return read.ok ? read.value : written
  } catch {
    return written
  }
}

type TextContent = ToolMessage['content']

/** The text of a message's content. */
export function textOf(content: TextContent): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}

type UserContent = Extract<ChatMessage, { readonly role: 'user' }>['content']
type UserMessage = Extract<Message, { readonly role: 'user' }>

/**
 * What a user said, in words and pictures; null for nothing. Throws an ApiError for a part that no
 * transcript holds.
 */
export function userMessage(content: UserContent, index: number): UserMessage | null {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  const images: string[] = []
  const texts: string[] = []
  for (const [place, part] of parts.entries()) {
    const at = `messages[${index}].content[${place}]`
    if (part.type === 'text') texts.push(part.text)
    else if (part.type === 'image_url') images.push(imageOf(part.image_url.url, at))
    else {
      const message = `a part of type "${part.type}" cannot be taken here; legal: text, image_url`
      throw wrong(at, message, 'unsupported_content')
    }
  }
  const text = texts.join('')
  if (images.length > 0) return { role: 'user', text, images }
  return text === '' ? null : { role: 'user', text }
}

function imageOf(url: string, at: string): string {
  if (isImageUrl(url)) return url
  throw wrong(
    `${at}.image_url.url`,
    'expected an https address, or data:image/TYPE;base64,…',
    'invalid_image_url',
  )
}

function wrong(param: string, message: string, code = 'invalid_value'): ApiError {
  return new ApiError('invalid_request_error', `${param}: ${message}`, { code, param })
}
