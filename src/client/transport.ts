import { isJsonObject } from '../core/spec/json.ts'
import { messageOf } from '../core/spec/message-of.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { readError } from './read-error.ts'
import { serverSentEvents, type ServerSentEvent } from './server-sent-events.ts'

/*
 * Requests in, answers out: the key, time limits, and what may be tried again. A request that may
 * have been executed is sent again only where the server knows it by its idempotency key.
 */

/** One request to the server. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the base, like `/runs`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** For routes that give the same answer to the same key: such a request may be sent again. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal | undefined
  /** Until the answer is there whole, or a stream begins. */
  readonly timeoutMs?: number | undefined
  /** A stream in which nothing comes for so long, not even a sign of life, is broken. */
  readonly idleMs?: number
  /** Told before each further try. */
  readonly onRetry?: ((retry: Retry) => void) | undefined
}

export interface Retry {
  /** From 1. */
  readonly attempt: number
  readonly delayMs: number
  readonly error: LockstepApiError
}

export interface Transport {
  /** Answers as JSON; throws LockstepApiError for everything but a success. */
  json(call: ApiCall): Promise<unknown>
  /** The answer itself, for those who read headers or bytes. */
  response(call: ApiCall): Promise<Response>
  /** Resolves when the stream begins; its events come as they are sent. */
  stream(call: ApiCall): Promise<AsyncGenerator<ServerSentEvent, void, undefined>>
  /** Waits; rejects with `aborted`. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface TransportOptions {
  /** The server and its key, asked for with each request. */
  readonly target: () => { readonly baseURL: string; readonly apiKey: string | null }
  readonly fetch: Fetch
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** How often a request is tried again. */
  readonly maxRetries: number
  readonly wait: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 8_000
/** A server that wants a longer pause is not waited for: its caller decides. */
const LONGEST_PAUSE_SECONDS = 60

/** Timers that are set for longer go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Connections that were never made: nothing can have been executed. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Puts a transport together; it holds no connection and needs no closing. */
export function createTransport(options: TransportOptions): Transport {
  return {
    async json(call) {
      return withRetries(call, options, async (signal) => {
        const response = await send(call, { options, signal, accept: 'application/json' })
        const text = await response.text()
        try {
          return JSON.parse(text === '' ? 'null' : text)
        } catch (cause) {
          const said = `the server's answer is no JSON: ${text.slice(0, 200)}`
          throw answerError(said, { response, cause })
        }
      })
    },
    response: (call) =>
      withRetries(call, options, (signal) => send(call, { options, signal, accept: '*/*' })),
    stream: (call) =>
      withRetries(call, options, async (signal) => {
        const response = await send(call, { options, signal, accept: 'text/event-stream' })
        const type = response.headers.get('content-type') ?? ''
        if (response.body === null || !type.includes('text/event-stream')) {
          const said = `the server does not stream: it answered ${response.status} with ${type || 'nothing'}`
          throw answerError(said, { response })
        }
        const events = serverSentEvents(response.body, { idleMs: call.idleMs ?? Infinity })
        return named(events, { response, signal: call.signal })
      }),
    async pause(ms, signal) {
      try {
        await options.wait(ms, signal)
      } catch (cause) {
        throw aborted(cause)
      }
    },
  }
}

function answerError(
  message: string,
  { response, cause }: { readonly response: Response; readonly cause?: unknown },
): LockstepApiError {
  return new LockstepApiError(message, {
    code: 'invalid_answer',
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    cause,
  })
}

/** A stream that breaks says so in the client's own words. */
async function* named(
  events: AsyncGenerator<ServerSentEvent, void, undefined>,
  on: { readonly response: Response; readonly signal: AbortSignal | undefined },
): AsyncGenerator<ServerSentEvent, void, undefined> {
  try {
    yield* events
  } catch (cause) {
    if (on.signal?.aborted === true) throw aborted(cause)
    throw new LockstepApiError(`the stream broke off: ${messageOf(cause)}`, {
      code: 'stream_interrupted',
      status: on.response.status,
      requestId: on.response.headers.get('x-request-id'),
      cause,
    })
  }
}

async function withRetries<Answer>(
  call: ApiCall,
  options: TransportOptions,
  once: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await timed(call, options, once)
    } catch (cause) {
      const error = toApiError(cause, { signal: call.signal, options })
      const delayMs = attempt > options.maxRetries ? null : delayBefore(call, { attempt, error })
      if (delayMs === null) throw error
      call.onRetry?.({ attempt, delayMs, error })
      await options.wait(delayMs, call.signal).catch((stop: unknown) => {
        throw toApiError(stop, { signal: call.signal, options })
      })
    }
  }
}

/** Runs one try under the caller's signal and the time limit. */
async function timed<Answer>(
  call: ApiCall,
  options: TransportOptions,
  once: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const limitMs = call.timeoutMs ?? options.timeoutMs
  const stop = new AbortController()
  const late = new LockstepApiError(`no answer within ${limitMs} ms`, { code: 'timeout' })
  const timer =
    limitMs <= LONGEST_TIMER_MS ? setTimeout(() => stop.abort(late), limitMs) : undefined
  const signal =
    call.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, call.signal])
  try {
    return await once(signal)
  } finally {
    clearTimeout(timer)
  }
}

async function send(
  call: ApiCall,
  on: { readonly options: TransportOptions; readonly signal: AbortSignal; readonly accept: string },
): Promise<Response> {
  const { options, signal, accept } = on
  const { baseURL, apiKey } = options.target()
  const { method, path, query = {}, body, headers, idempotencyKey } = call
  const response = await options.fetch(`${baseURL}${path}${queryText(query)}`, {
    method,
    signal,
    headers: {
      accept,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...options.headers,
      ...headers,
    },
    ...(body === undefined ? {} : { body: encodeBody(body) }),
  })
  if (response.ok || response.status === 304) return response
  throw await readError(response)
}

function encodeBody(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch (cause) {
    const said = `the request cannot be written as JSON: ${messageOf(cause)}`
    throw new LockstepApiError(said, { code: 'invalid_options', cause })
  }
}

function queryText(query: NonNullable<ApiCall['query']>): string {
  const given = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) given.set(key, String(value))
  }
  return given.size === 0 ? '' : `?${given.toString()}`
}

/** How long to wait before the next try; null when there must be none. */
function delayBefore(
  call: ApiCall,
  { attempt, error }: { readonly attempt: number; readonly error: LockstepApiError },
): number | null {
  const repeatable = call.method !== 'POST' || call.idempotencyKey !== undefined
  const again = repeatable ? isPassing(error) : wasNotExecuted(error)
  if (!again) return null
  const asked = error.retryAfterSeconds
  if (asked !== null) return asked > LONGEST_PAUSE_SECONDS ? null : asked * 1000
  return backOffMs(attempt)
}

/** Before the n-th further try (from 1): half a second, doubled each time up to eight, less some chance. */
export function backOffMs(attempt: number): number {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
  // Clients that failed together do not come back together.
  return delay * (0.75 + Math.random() / 4)
}

function isPassing({ code, status }: LockstepApiError): boolean {
  if (status === null) return code === 'connection_failed' || code === 'timeout'
  return status === 408 || status === 429 || status >= 500
}

function wasNotExecuted({ code, status, cause }: LockstepApiError): boolean {
  if (status !== null) return status === 429
  return code === 'connection_failed' && NOT_CONNECTED.has(causeCode(cause))
}

/** Node's `fetch` hides the reason one or two causes deep. */
function causeCode(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  const code: unknown = Reflect.get(error, 'code')
  return code ?? causeCode(Reflect.get(error, 'cause'))
}

function toApiError(
  cause: unknown,
  on: { readonly signal: AbortSignal | undefined; readonly options: TransportOptions },
): LockstepApiError {
  if (on.signal?.aborted === true) return aborted(cause)
  if (cause instanceof LockstepApiError) return cause
  if (causeCode(cause) === 'UND_ERR_HEADERS_TIMEOUT') {
    const message =
      "Node's fetch waits five minutes for an answer and no longer; use `stream: true`"
    return new LockstepApiError(message, { code: 'timeout', cause })
  }
  const { origin } = new URL(on.options.target().baseURL)
  const because = isJsonObject(cause) && cause['cause'] ? `: ${messageOf(cause['cause'])}` : ''
  return new LockstepApiError(`${origin} cannot be reached: ${messageOf(cause)}${because}`, {
    code: 'connection_failed',
    cause,
  })
}

/** What is thrown when a caller's signal aborts. */
export function aborted(cause: unknown): LockstepApiError {
  return new LockstepApiError('the caller aborted it', { code: 'aborted', cause })
}
