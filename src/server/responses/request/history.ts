import type { AnswerPart } from '../../../core/log/event.ts'
import type { CallResult, Message } from '../../../core/log/message.ts'
import type { Json } from '../../../core/spec/json.ts'
import { badRequest } from './bad-request.ts'
import type { Said } from './content.ts'

/*
 * A conversation that was had elsewhere, put together as a transcript: every call of a message has
 * its result before the next message (Law 6). Nothing in it is a fact (Law 3).
 */

export interface History {
  /** What the user said, in words alone or with pictures beside them. */
  hear(said: string | Said, at?: string): void
  /** What belongs to the system prompt. */
  instruct(text: string): void
  /** A piece of what a model wrote. */
  say(part: AnswerPart, at: string): void
  /** What came of a call. */
  answer(
    result: { readonly call: string; readonly output: Json; readonly failed: boolean },
    at: string,
  ): void
  /**
   * The transcript, the user's last message apart where it ends with one in words alone: one with
   * pictures stays in it. Throws an ApiError that names a call without a result.
   */
  end(): {
    readonly messages: readonly Message[]
    readonly message: string | null
    readonly instructions: readonly string[]
  }
}

interface Draft {
  readonly messages: Message[]
  readonly instructions: string[]
  /** The message that a model writes, and what its calls came to so far. */
  parts: AnswerPart[]
  results: Map<string, CallResult>
}

/** Makes a conversation, empty or with what was said before; that may end with calls that wait. */
export function createHistory(before: readonly Message[] = []): History {
  const last = before.at(-1)
  const open = last?.role === 'assistant' && last.parts.some((part) => part.type === 'call')
  const draft: Draft = {
    messages: open ? before.slice(0, -1) : [...before],
    instructions: [],
    parts: open ? [...last.parts] : [],
    results: new Map(),
  }
  const { messages, instructions } = draft
  return {
    hear(said, at) {
      close(draft, at)
      const { text, images } = typeof said === 'string' ? { text: said, images: [] } : said
      messages.push({ role: 'user', text, ...(images.length === 0 ? {} : { images }) })
    },
    instruct: (text) => void instructions.push(text),
    say(part, at) {
      // What follows a result is the next message.
      if (draft.results.size > 0) close(draft, at)
      if (part.type === 'call' && callsOf(draft).some(({ id }) => id === part.id)) {
        const message = `${at}: the call ${part.id} is there twice`
        throw badRequest(message, { code: 'repeated_call', param: at })
      }
      draft.parts.push(part)
    },
    answer: (result, at) => answer(draft, { ...result, at }),
    end() {
      close(draft, undefined)
      const newest = messages.at(-1)
      if (newest?.role !== 'user' || newest.images !== undefined) {
        return { messages, message: null, instructions }
      }
      return { messages: messages.slice(0, -1), message: newest.text, instructions }
    },
  }
}

function callsOf({ parts }: Draft): readonly CallPart[] {
  return parts.filter((part) => part.type === 'call')
}

type CallPart = Extract<AnswerPart, { type: 'call' }>

/** Ends a model's message; each of its calls must have its result by then (Law 6). */
function close(draft: Draft, at: string | undefined): void {
  if (draft.parts.length === 0) return
  const { messages, parts, results } = draft
  const calls = callsOf(draft)
  const open = calls.find(({ id }) => !results.has(id))
  if (open !== undefined) {
    const place = at === undefined ? '' : ` before ${at}`
    const message = `no result for the call ${open.id} (${open.tool})${place}; send a function_call_output or tool message for it`
    throw badRequest(message, {
      code: 'missing_tool_result',
      ...(at === undefined ? {} : { param: at }),
    })
  }
  messages.push({ role: 'assistant', parts })
  if (calls.length > 0) {
    messages.push({ role: 'tool', results: calls.flatMap(({ id }) => results.get(id) ?? []) })
  }
  draft.parts = []
  draft.results = new Map()
}

function answer(
  draft: Draft,
  given: {
    readonly call: string
    readonly output: Json
    readonly failed: boolean
    readonly at: string
  },
): void {
  const { call, output, at } = given
  const asked = callsOf(draft).find(({ id }) => id === call)
  if (asked === undefined || draft.results.has(call)) {
    const why =
      asked === undefined ? 'which the message before it does not make' : 'which has its result'
    const message = `${at} is the result of the call ${call}, ${why}`
    throw badRequest(message, { code: 'unknown_call', param: at })
  }
  const result = given.failed
    ? ({ ok: false, error: { code: 'CLIENT_ERROR', message: wordsOf(output) } } as const)
    : ({ ok: true, output } as const)
  draft.results.set(call, { call, tool: asked.tool, result })
}

function wordsOf(output: Json): string {
  return typeof output === 'string' ? output : JSON.stringify(output)
}
