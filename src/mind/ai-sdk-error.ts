/*
 * What can go wrong with a model call, as a MindError. The provider's own words are kept; requests,
 * headers and keys are not (Law 17).
 */
import { messageOf } from '../core/spec/message-of.ts'
import { APICallError, EmptyResponseBodyError, InvalidResponseDataError } from '@ai-sdk/provider'

import { MindError } from './mind.ts'

// What is worth another try though no status says so: the words of APIs for trouble of their own.
const PASSING_TROUBLE =
  /overloaded|rate.?limit|throttl|timeout|timed.?out|unavailable|internal|server_error|api_error|too_many|try again/i
const LASTING_TROUBLE =
  /invalid|authentication|permission|forbidden|not_found|unsupported|context_length|too_large|validation|access.?denied|quota|policy/i
const NETWORK_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|ETIMEDOUT|EPIPE|E(HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR_\w+)$/
const NETWORK_WORDS = /socket hang up|other side closed|fetch failed|network error|^terminated$/i
const SECRETS =
  /\b(sk|rk|pk|gsk|xai|ghp)[-_][\w-]{8,}|AIza[\w-]{20,}|\b(AKIA|ASIA|ABSK)\w{12,}|\bBearer\s+\S+|\b(x-api-key|api-key|authorization|x-goog-api-key)\b\s*[:=]\s*(bearer\s+)?\S+/gi

/** Turns anything thrown by a model into a MindError; one that already is stays as it is. */
export function toMindError(error: unknown, nowMs: number): MindError {
  if (error instanceof MindError) return error
  if (APICallError.isInstance(error)) return fromApiCall(error, nowMs)
  if (EmptyResponseBodyError.isInstance(error) || InvalidResponseDataError.isInstance(error)) {
    return streamBroken(withoutSecrets(error.message), error)
  }
  if (isTimeout(error)) {
    return new MindError('the model call timed out', {
      code: 'timeout',
      retryable: true,
      cause: error,
    })
  }
  const networkCode = findNetworkCode(error)
  if (networkCode !== null)
    return networkError(messageOf(error), { code: networkCode, cause: error })
  const code = error instanceof Error ? error.name : 'unknown'
  return new MindError(withoutSecrets(messageOf(error)), { code, retryable: false, cause: error })
}

/** As `toMindError`, for an error part within a stream: the request itself was taken. */
export function toStreamError(error: unknown, nowMs: number): MindError {
  if (APICallError.isInstance(error)) return fromApiCall(error, nowMs)
  if (error instanceof Error) {
    const known = toMindError(error, nowMs)
    return known.retryable ? known : streamBroken(known.message, error)
  }
  const facts = readFacts(error)
  const message = withoutSecrets(facts.message ?? 'the provider ended the stream with an error')
  const code = String(facts.status ?? facts.code ?? facts.type ?? 'stream_error')
  return new MindError(message, { code, retryable: isPassing(facts) })
}

/** The error for an answer that never came, or not to its end; another try may bring it. */
export function streamBroken(message: string, cause?: unknown): MindError {
  return new MindError(message, { code: 'stream_broken', retryable: true, cause })
}

function fromApiCall(error: APICallError, nowMs: number): MindError {
  const { statusCode } = error
  const message = withoutSecrets(error.message)
  // The error itself is no cause to keep: it holds the whole request.
  if (statusCode === undefined) {
    const code = findNetworkCode(error)
    if (error.isRetryable) return networkError(message, { code, cause: error.cause })
    return new MindError(message, { code: code ?? error.name, retryable: false })
  }
  if (statusCode < 300) return streamBroken(message)
  const retryAfterSeconds = readRetryAfter(error.responseHeaders ?? {}, nowMs)
  return new MindError(message, {
    code: String(statusCode),
    retryable: isPassingStatus(statusCode),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  })
}

function networkError(
  message: string,
  options: { readonly code: string | null; readonly cause: unknown },
): MindError {
  const suffix = options.code === null || message.includes(options.code) ? '' : ` (${options.code})`
  return new MindError(`${withoutSecrets(message)}${suffix}`, {
    code: 'network',
    retryable: true,
    cause: options.cause,
  })
}

function isPassingStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

/** Seconds to wait, as headers say them: milliseconds, seconds or a date; null when they do not. */
function readRetryAfter(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const byName = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const milliseconds = readNumber(byName.get('retry-after-ms'))
  if (milliseconds !== null) return Math.max(0, milliseconds / 1000)
  const text = byName.get('retry-after')
  const seconds = readNumber(text)
  if (seconds !== null) return Math.max(0, seconds)
  const date = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, (date - nowMs) / 1000)
}

function readNumber(text: string | undefined): number | null {
  if (text === undefined || text.trim() === '') return null
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

interface ErrorFacts {
  readonly message?: string
  readonly code?: string | number
  readonly type?: string
  readonly status?: number
  readonly retryable?: boolean
}

/** Reads an error payload in any of the shapes that providers stream. */
function readFacts(error: unknown): ErrorFacts {
  if (typeof error === 'string') return { message: error }
  if (typeof error !== 'object' || error === null) return {}
  const fields = new Map<string, unknown>(Object.entries(error))
  const message = fields.get('message')
  const inner = fields.get('error')
  if (typeof message !== 'string' && inner !== undefined) return readFacts(inner)
  const code = fields.get('code')
  const type = fields.get('type')
  const status = fields.get('statusCode')
  const retryable = fields.get('isRetryable')
  return {
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
  }
}

function isPassing(facts: ErrorFacts): boolean {
  const status = facts.status ?? Number(facts.code)
  if (Number.isInteger(status) && status >= 400) return isPassingStatus(status)
  if (facts.retryable !== undefined) return facts.retryable
  const words = `${facts.type ?? ''} ${facts.code ?? ''} ${facts.message ?? ''}`
  return PASSING_TROUBLE.test(words) || !LASTING_TROUBLE.test(words)
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
}

/** The code of the line's failure, wherever in the causes it is; null when it is none of the line's. */
function findNetworkCode(error: unknown): string | null {
  let worded: string | null = null
  const seen = new Set<unknown>()
  let current = error
  while (current instanceof Error && !seen.has(current)) {
    seen.add(current)
    const code = 'code' in current ? current.code : undefined
    if (typeof code === 'string' && NETWORK_CODES.test(code)) return code
    if (NETWORK_WORDS.test(current.message)) worded = 'no connection'
    current = current.cause
  }
  return worded
}

function withoutSecrets(message: string): string {
  return message.replace(SECRETS, '[secret]')
}
