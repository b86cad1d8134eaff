import { isJsonObject } from '../core/spec/json.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { parseJson } from './parse-json.ts'

/**
 * Reads an answer that is none of success as an error. A body in another shape than the server's (a
 * proxy's page) is quoted in short.
 */
export async function readError(response: Response): Promise<LockstepApiError> {
  const { status } = response
  const text = await response.text().catch(() => '')
  const details = {
    status,
    requestId: response.headers.get('x-request-id'),
    retryAfterSeconds: retryAfterSeconds(response.headers.get('retry-after')),
  }
  const told = toldError(parseJson(text))
  if (told !== null) return new LockstepApiError(told.message, { ...details, ...told })
  const quoted = text.trim() === '' ? '' : `: ${text.trim().slice(0, 200)}`
  return new LockstepApiError(`the server answered ${status}${quoted}`, {
    ...details,
    code: `http_${status}`,
  })
}

/** The members of `{ error: { message, type, code, param } }`; null for another shape. */
export function toldError(
  body: unknown,
): { message: string; code: string; type: string | null; param: string | null } | null {
  const error = isJsonObject(body) ? body['error'] : undefined
  if (!isJsonObject(error)) return null
  const { message, code, type, param } = error
  if (typeof message !== 'string') return null
  return {
    message,
    code: textOr(code, null) ?? textOr(type, null) ?? 'unknown_error',
    type: textOr(type, null),
    param: textOr(param, null),
  }
}

/** `Retry-After` in seconds, or as a date; null for neither. */
export function retryAfterSeconds(header: string | null, now: number = Date.now()): number | null {
  if (header === null || header.trim() === '') return null
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds)
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000)
}

function textOr<Other>(value: unknown, other: Other): string | Other {
  return typeof value === 'string' ? value : other
}
