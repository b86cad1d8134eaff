import type { Event } from '../core/log/event.ts'
import { isJsonObject } from '../core/spec/json.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { parseJson } from './parse-json.ts'
import type { RequestOptions } from './responses.ts'
import type { ServerSentEvent } from './server-sent-events.ts'
import { backOffMs, type ApiCall, type Transport } from './transport.ts'

/*
 * A run's events as they are committed, over as many connections as it takes: what a reader got last
 * says where the next one goes on, so that none is lost and none comes twice.
 */

/** A piece of a model's text as it is written; not part of the log, and lost where nobody listens. */
export interface TextDelta {
  readonly type: 'text.delta'
  readonly call: number
  readonly attempt: number
  readonly step: string
  readonly branch?: string
  readonly delta: string
}

export interface EventsOptions extends Pick<RequestOptions, 'signal' | 'headers'> {
  /** The number of the last event that the reader has; 0. */
  readonly after?: number
  /** When it is over: with the run's `end` (so also while it waits it goes on), at any `rest`, or `never`. */
  readonly until?: 'end' | 'rest' | 'never'
  /** Pieces of text as well. */
  readonly text?: boolean
  /** Told before it connects again. */
  readonly onReconnect?: (reconnect: {
    readonly after: number
    readonly error: Error | null
  }) => void
}

/** So many connections in a row may break without a single event. */
const MAX_FRUITLESS = 10
/** The server gives a sign of life every 15 seconds. */
const IDLE_MS = 60_000

/** Reads a run's events; leaving the loop ends the connection. */
export async function* runEvents(
  transport: Transport,
  path: string,
  options: EventsOptions,
): AsyncGenerator<Event | TextDelta, void, undefined> {
  const { signal, onReconnect } = options
  let after = options.after ?? 0
  for (let [isFirst, fruitless] = [true, 0]; ; isFirst = false) {
    let broken: LockstepApiError | null = null
    try {
      const sent = await transport.stream(connection(path, { options, after, isFirst }))
      for await (const frame of sent) {
        if (frame.event === 'stream.ended') return
        const event = readFrame(frame)
        if ('seq' in event) {
          if (event.seq <= after) continue
          after = event.seq
        }
        fruitless = 0
        yield event
      }
    } catch (error) {
      if (!(error instanceof LockstepApiError)) throw error
      // There is nothing more to come for who was here before.
      if (error.status === 204) return
      if (!mayComeBack(error, isFirst)) throw error
      broken = error
    }
    fruitless += 1
    if (fruitless > MAX_FRUITLESS) throw broken ?? endless(after)
    onReconnect?.({ after, error: broken })
    await transport.pause(backOffMs(fruitless), signal)
  }
}

function connection(
  path: string,
  on: { readonly options: EventsOptions; readonly after: number; readonly isFirst: boolean },
): ApiCall {
  const { options, after, isFirst } = on
  const { signal, until, text, headers } = options
  return {
    method: 'GET',
    path,
    signal,
    idleMs: IDLE_MS,
    query: { until, ...(text === true ? { text: 'true' } : {}), ...(isFirst ? { after } : {}) },
    headers: { ...headers, ...(isFirst ? {} : { 'last-event-id': String(after) }) },
  }
}

/** What fails at first is told at once; what breaks later may be a server that starts again. */
function mayComeBack({ code, status }: LockstepApiError, isFirst: boolean): boolean {
  if (code === 'stream_interrupted') return true
  if (isFirst) return false
  return status === null ? code !== 'aborted' : status === 429 || status >= 500
}

function readFrame({ event, data }: ServerSentEvent): Event | TextDelta {
  const value: unknown = parseJson(data)
  if (event === 'text.delta' && isDelta(value)) return { ...value, type: 'text.delta' }
  if (isEvent(value)) return value
  throw new LockstepApiError(`the stream has what is no event: ${data.slice(0, 200)}`, {
    code: 'invalid_answer',
  })
}

function isEvent(value: unknown): value is Event {
  return (
    isJsonObject(value) && typeof value['type'] === 'string' && typeof value['seq'] === 'number'
  )
}

function isDelta(value: unknown): value is Omit<TextDelta, 'type'> {
  return isJsonObject(value) && typeof value['delta'] === 'string'
}

function endless(after: number): LockstepApiError {
  return new LockstepApiError(`the stream broke off ${MAX_FRUITLESS} times after event ${after}`, {
    code: 'stream_interrupted',
  })
}
