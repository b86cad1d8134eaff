import { toApiError } from '../operation/answer-error.ts'
import { errorBody } from '../api-error.ts'
import type { ChatAnswer } from './chat-answer.ts'
import { finishChunk, textChunk, usageChunk, type CompletionHead } from './chat-completion.ts'
import type { StopFilter } from './stop-filter.ts'

/*
 * An answer as server-sent events: unnamed `data:` events with OpenAI's chunks alone, then `[DONE]`.
 * Clients were measured to break on named events; comments keep the connection open.
 */

const KEEP_ALIVE_MS = 15_000

export interface ChatStream {
  /** Text of the answer, as it comes. */
  text(delta: string): void
  readonly response: Response
}

export interface StreamOptions {
  readonly head: CompletionHead
  readonly includeUsage: boolean
  readonly filter: StopFilter
  /** Text that came before the stream was opened. */
  readonly before: readonly string[]
  /** Resolves with the answer; rejects with why there is none. */
  readonly answer: Promise<ChatAnswer>
  /** Called when the client is gone. */
  readonly onCancel: () => void
}

/** Opens the stream. It ends with `[DONE]`, or with an error as OpenAI's clients read it. */
export function openStream(options: StreamOptions): ChatStream {
  const { head, includeUsage, filter, answer } = options
  const encoder = new TextEncoder()
  let push: ((text: string) => void) | null = null
  const usage = includeUsage ? { usage: null } : {}
  const send = (chunk: object): void => push?.(`data: ${JSON.stringify(chunk)}\n\n`)
  const say = (text: string): void => {
    if (text !== '') send({ ...textChunk(head, { content: text }), ...usage })
  }
  const finish = (given: ChatAnswer): void => {
    const { content, refusal, calls } = given
    // What was shown before it was withheld stays shown, as with OpenAI.
    if (content !== null) say(filter.end(content))
    if (refusal !== null) send({ ...textChunk(head, { refusal }), ...usage })
    for (const [index, call] of calls.entries()) {
      send({ ...textChunk(head, { tool_calls: [{ index, ...call }] }), ...usage })
    }
    send({ ...finishChunk(head, given), ...usage })
    if (includeUsage) send(usageChunk(head, given))
    push?.('data: [DONE]\n\n')
  }
  let alive: NodeJS.Timeout | null = null
  const stop = (): void => {
    push = null
    if (alive !== null) clearInterval(alive)
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      push = (text) => controller.enqueue(encoder.encode(text))
      alive = setInterval(() => push?.(': keep-alive\n\n'), KEEP_ALIVE_MS)
      send({ ...textChunk(head, { role: 'assistant', content: '' }), ...usage })
      for (const delta of options.before) say(filter.push(delta))
      answer
        .then(finish)
        .catch((error: unknown) =>
          push?.(`data: ${JSON.stringify(errorBody(toApiError(error)))}\n\n`),
        )
        .finally(() => {
          if (push !== null) controller.close()
          stop()
        })
    },
    cancel() {
      stop()
      options.onCancel()
    },
  })
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  }
  return { text: (delta) => say(filter.push(delta)), response: new Response(body, { headers }) }
}
