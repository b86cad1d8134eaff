import { isJsonObject } from '../core/spec/json.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { parseJson } from './parse-json.ts'
import { toldError } from './read-error.ts'
import type { PersonizeOptions, ResponseUsage } from './response-shape.ts'
import type { RequestOptions } from './responses.ts'
import type { ServerSentEvent } from './server-sent-events.ts'
import type { Transport } from './transport.ts'

/*
 * Chat completions as they are (S0.37): one request, one answer; calls of tools are the caller's.
 */

/** A request in OpenAI's words; members that it does not name go to the server as they are. */
export interface ChatRequest {
  readonly model?: string
  readonly messages: readonly object[]
  readonly tools?: readonly object[]
  readonly tool_choice?: string | object
  readonly response_format?: object
  readonly temperature?: number
  readonly max_tokens?: number
  readonly stream_options?: { readonly include_usage?: boolean }
  readonly personize?: PersonizeOptions
  readonly [member: string]: unknown
}

export interface ChatToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

export interface ChatCompletion {
  readonly id: string
  readonly model: string
  readonly choices: readonly {
    readonly index: number
    readonly finish_reason: 'stop' | 'tool_calls' | 'length' | 'content_filter' | (string & {})
    readonly message: {
      readonly role: 'assistant'
      readonly content: string | null
      readonly refusal?: string | null
      readonly tool_calls?: readonly ChatToolCall[]
    }
  }[]
  readonly usage?: ResponseUsage
}

export interface ChatChunk {
  readonly id: string
  readonly model: string
  /** Empty in a chunk that has only `usage` or step data. */
  readonly choices: readonly {
    readonly index: number
    readonly finish_reason?: string | null
    readonly delta: {
      readonly role?: string
      readonly content?: string | null
      readonly tool_calls?: readonly {
        readonly index: number
        readonly id?: string
        readonly function?: { readonly name?: string; readonly arguments?: string }
      }[]
    }
  }[]
  readonly usage?: ResponseUsage | null
}

export interface ChatCompletions {
  /** The chunks as they arrive; leaving the loop ends the request. */
  create(
    request: ChatRequest & { readonly stream: true },
    options?: RequestOptions,
  ): Promise<AsyncIterable<ChatChunk>>
  create(
    request: ChatRequest & { readonly stream?: false },
    options?: RequestOptions,
  ): Promise<ChatCompletion>
}

/** The chat completions of a server behind a transport. */
export function createChatCompletions(transport: Transport): ChatCompletions {
  function create(
    request: ChatRequest & { readonly stream: true },
    options?: RequestOptions,
  ): Promise<AsyncIterable<ChatChunk>>
  function create(
    request: ChatRequest & { readonly stream?: false },
    options?: RequestOptions,
  ): Promise<ChatCompletion>
  async function create(
    request: ChatRequest,
    options: RequestOptions = {},
  ): Promise<ChatCompletion | AsyncIterable<ChatChunk>> {
    const call = { method: 'POST', path: '/chat/completions', body: request, ...options } as const
    if (request['stream'] === true) return chunks(await transport.stream(call))
    const answer = await transport.json(call)
    if (isCompletion(answer)) return answer
    throw unexpected(JSON.stringify(answer))
  }
  return { create }
}

async function* chunks(
  sent: AsyncIterable<ServerSentEvent>,
): AsyncGenerator<ChatChunk, void, undefined> {
  for await (const { data } of sent) {
    if (data === '[DONE]') return
    const chunk: unknown = parseJson(data)
    const told = toldError(chunk)
    if (told !== null) throw new LockstepApiError(told.message, told)
    if (!isChunk(chunk)) throw unexpected(data)
    yield chunk
  }
  throw new LockstepApiError('the stream ended before it was over', { code: 'stream_interrupted' })
}

function isCompletion(value: unknown): value is ChatCompletion {
  return isJsonObject(value) && Array.isArray(value['choices']) && typeof value['id'] === 'string'
}

function isChunk(value: unknown): value is ChatChunk {
  return isJsonObject(value) && Array.isArray(value['choices'])
}

function unexpected(shown = 'nothing'): LockstepApiError {
  const message = `the server's answer is no chat completion: ${shown.slice(0, 200)}`
  return new LockstepApiError(message, { code: 'invalid_answer' })
}
