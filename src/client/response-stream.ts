import { isJsonObject } from '../core/spec/json.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { parseJson } from './parse-json.ts'
import { readResponse, type ResponseResult } from './response-shape.ts'
import type { ServerSentEvent } from './server-sent-events.ts'

/*
 * A streamed response: the standard events of each response in turn, over all continuations, and
 * the last response at the end (S0.28).
 */

/** A standard event of the Responses API; what else the server was asked to send comes along. */
export type ResponseEvent =
  | {
      readonly type: 'response.output_text.delta'
      readonly sequence_number: number
      readonly item_id: string
      readonly output_index: number
      readonly content_index: number
      readonly delta: string
    }
  | {
      readonly type:
        | 'response.created'
        | 'response.queued'
        | 'response.in_progress'
        | 'response.completed'
        | 'response.incomplete'
        | 'response.failed'
      readonly sequence_number: number
      /** As the server sent it; `finalResponse()` gives the last one read. */
      readonly response: { readonly id: string; readonly status: string }
    }
  | {
      readonly type:
        | 'response.output_item.added'
        | 'response.output_item.done'
        | 'response.content_part.added'
        | 'response.content_part.done'
        | 'response.output_text.done'
        | 'response.output_text.annotation.added'
        | 'response.refusal.delta'
        | 'response.refusal.done'
        | 'response.function_call_arguments.delta'
        | 'response.function_call_arguments.done'
        | 'response.reasoning_summary_part.added'
        | 'response.reasoning_summary_part.done'
        | 'response.reasoning_summary_text.delta'
        | 'response.reasoning_summary_text.done'
      readonly sequence_number: number
      readonly [key: string]: unknown
    }

/**
 * Events as they arrive; each may be read by one reader. Leaving the loop early ends the request.
 * `sequence_number` and `output_index` begin anew with each `response.created`.
 */
export interface ResponseStream extends AsyncIterable<ResponseEvent> {
  /** The last response, once the stream is at its end; reads it to the end where nobody does. */
  finalResponse(): Promise<ResponseResult>
}

/** A stream over a generator whose last word is the response. */
export function createResponseStream(
  events: AsyncGenerator<ResponseEvent, ResponseResult, undefined>,
): ResponseStream {
  const { promise: final, resolve, reject } = Promise.withResolvers<ResponseResult>()
  // Whoever reads the events sees the failure; nobody need ask for the response.
  final.catch(() => {})
  let isRead = false

  async function* read(): AsyncGenerator<ResponseEvent, void, undefined> {
    let isOver = false
    try {
      while (true) {
        const { done, value } = await events.next()
        if (done === true) {
          isOver = true
          resolve(value)
          return
        }
        yield value
      }
    } catch (error) {
      isOver = true
      reject(error)
      throw error
    } finally {
      if (!isOver) {
        reject(new LockstepApiError('the stream was left before its end', { code: 'aborted' }))
        // It throws into nobody's hands, and closes what it reads from.
        await events.return(NOTHING).catch(() => {})
      }
    }
  }

  const begin = (): AsyncGenerator<ResponseEvent, void, undefined> => {
    if (isRead) {
      const message = 'a stream can be read once; keep its events, or ask for `finalResponse()`'
      throw new LockstepApiError(message, { code: 'invalid_options' })
    }
    isRead = true
    return read()
  }

  return {
    [Symbol.asyncIterator]: begin,
    async finalResponse() {
      if (!isRead) for await (const _ of begin());
      return final
    },
  }
}

const NOTHING: ResponseResult = {
  id: '',
  status: 'cancelled',
  output: [],
  output_text: '',
  steps: [],
}

const ENDS: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.requires_action',
  'response.cancelled',
])

/**
 * The events of one response; returns it once it is over. Throws the error that the stream tells,
 * and `stream_interrupted` where it ends without the response.
 */
export async function* responseEvents(
  sent: AsyncIterable<ServerSentEvent>,
): AsyncGenerator<ResponseEvent, ResponseResult, undefined> {
  let last: ResponseResult | null = null
  for await (const { data } of sent) {
    if (data === '[DONE]') break
    const event = readEvent(data)
    if (ENDS.has(event.type)) last = readResponse(Reflect.get(event, 'response'))
    yield event
  }
  if (last !== null) return last
  throw new LockstepApiError('the stream ended before its response was there', {
    code: 'stream_interrupted',
  })
}

function readEvent(data: string): ResponseEvent {
  const event = parseJson(data)
  if (!isEvent(event)) {
    throw new LockstepApiError(`the stream has what is no event: ${data.slice(0, 200)}`, {
      code: 'invalid_answer',
    })
  }
  const told: unknown = event
  if (isJsonObject(told) && told['type'] === 'error') throw toldIn(told)
  return event
}

/** `{ type: 'error', message, code, param }`; some servers put them under `error`. */
function toldIn(event: Readonly<Record<string, unknown>>): LockstepApiError {
  const nested = event['error']
  const { message, code, param } = isJsonObject(nested) ? nested : event
  return new LockstepApiError(typeof message === 'string' ? message : 'the server failed', {
    code: typeof code === 'string' ? code : 'server_error',
    param: typeof param === 'string' ? param : null,
  })
}

function isEvent(value: unknown): value is ResponseEvent {
  return isJsonObject(value) && typeof value['type'] === 'string'
}
