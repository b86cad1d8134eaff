import type { AnswerPart } from '../../core/log/event.ts'
import type { CallResult, Message } from '../../core/log/message.ts'
import type { Json } from '../../core/spec/json.ts'
import { badRequest } from './bad-request.ts'

/*
 * A conversation that was had elsewhere, put together as a transcript: every call of a message has
 * its result before the next message (Law 6). Nothing in it is a fact (Law 3).
 */

export interface History {
  /** What the user said. */
  hear(text: string, at?: string): void
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
   * The transcript, the user's last message apart where it ends with one. Throws an ApiError that
   * names a call without a result.
   */
  end(): {
    readonly messages: readonly Message[]
    readonly message: string | null
    readonly instructions: readonly string[]
  }
}

/** Makes a conversation, empty or with what was said before; that may end with calls that wait. */
export function createHistory(before: readonly Message[] = []): History {
  const last = before.at(-1)
  const open = last?.role === 'assistant' && last.parts.some((part) => part.type === 'call')
  const messages: Message[] = open ? before.slice(0, -1) : [...before]
  const instructions: string[] = []
  let parts: AnswerPart[] = open ? [...last.parts] : []
  let results = new Map<string, CallResult>()

  const calls = () => parts.filter((part) => part.type === 'call')
  const close = (at: string | undefined): void => {
    if (parts.length === 0) return
    const asked = calls()
    const open = asked.find(({ id }) => !results.has(id))
    if (open !== undefined) {
      const place = at === undefined ? '' : ` before ${at}`
      const message = `no result for the call ${open.id} (${open.tool})${place}; send a function_call_output or tool message for it`
      throw badRequest(message, {
        code: 'missing_tool_result',
        ...(at === undefined ? {} : { param: at }),
      })
    }
    messages.push({ role: 'assistant', parts })
    if (asked.length > 0) {
      messages.push({ role: 'tool', results: asked.flatMap(({ id }) => results.get(id) ?? []) })
    }
    parts = []
    results = new Map()
  }

  return {
    hear(text, at) {
      close(at)
      messages.push({ role: 'user', text })
    },
    instruct: (text) => void instructions.push(text),
    say(part, at) {
      // What follows a result is the next message.
      if (results.size > 0) close(at)
      if (part.type === 'call' && calls().some(({ id }) => id === part.id)) {
        throw badRequest(`${at}: the call ${part.id} is there twice`, {
          code: 'repeated_call',
          param: at,
        })
      }
      parts.push(part)
    },
    answer({ call, output, failed }, at) {
      const asked = calls().find(({ id }) => id === call)
      if (asked === undefined || results.has(call)) {
        const why =
          asked === undefined
            ? 'which the message before it does not make'
            : 'which has its result already'
        throw badRequest(`${at} is the result of the call ${call}, ${why}`, {
          code: 'unknown_call',
          param: at,
        })
      }
      const result = failed
        ? ({ ok: false, error: { code: 'CLIENT_ERROR', message: wordsOf(output) } } as const)
        : ({ ok: true, output } as const)
      results.set(call, { call, tool: asked.tool, result })
    },
    end() {
      close(undefined)
      const last = messages.at(-1)
      if (last?.role !== 'user') return { messages, message: null, instructions }
      return { messages: messages.slice(0, -1), message: last.text, instructions }
    },
  }
}

function wordsOf(output: Json): string {
  return typeof output === 'string' ? output : JSON.stringify(output)
}
