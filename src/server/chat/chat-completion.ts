import { randomUUID } from 'node:crypto'
import type { ChatAnswer } from './chat-answer.ts'

/*
 * The JSON of OpenAI's chat completions: the whole, and its pieces.
 */

/** What all pieces of one answer say alike. */
export interface CompletionHead {
  readonly id: string
  readonly created: number
  readonly model: string
}

/** A head for one answer, at the given time in milliseconds. */
export function newHead(model: string, nowMs: number): CompletionHead {
  return {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(nowMs / 1000),
    model,
  }
}

/** The object `chat.completion` (CreateChatCompletionResponse). */
export function chatCompletion(head: CompletionHead, answer: ChatAnswer): object {
  const { content, refusal, calls, finish, usage, outputs, lockstep } = answer
  const message = {
    role: 'assistant',
    content,
    refusal,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage,
    ...(outputs === null ? {} : { outputs }),
    lockstep,
  }
}

/** A `chat.completion.chunk` (CreateChatCompletionStreamResponse) with one piece. */
export function textChunk(head: CompletionHead, delta: object): object {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  }
}

/** The last chunk with a choice: why it ends, and what else is told of the run. */
export function finishChunk(
  head: CompletionHead,
  { finish, outputs, lockstep }: ChatAnswer,
): object {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: finish }],
    ...(outputs === null ? {} : { outputs }),
    lockstep,
  }
}

/** The chunk of `stream_options.include_usage`. */
export function usageChunk(head: CompletionHead, { usage }: ChatAnswer): object {
  return { ...head, object: 'chat.completion.chunk', choices: [], usage }
}
