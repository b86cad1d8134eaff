import { ToolError } from '../core/spec/define.ts'
import type { FailureCategory } from '../core/log/event.ts'
import { categoryOf, isFailureCategory } from '../core/log/failure-category.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../core/spec/json.ts'
import type { HttpResponse } from './http-exchange.ts'

const CODES: Readonly<Record<number, string>> = {
  401: 'PERMISSION_DENIED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'TIMEOUT',
  429: 'RATE_LIMITED',
  504: 'TIMEOUT',
}
const MAX_MESSAGE_CHARS = 1_000

/**
 * Reads a tool's result from a response: JSON when the server says so, else text; null when empty.
 *
 * Throws a ToolError for a status of 400 and above, with the code that the body names
 * (`error.code` or `code`), else one for the status, and its category; and INVALID_RESPONSE for
 * broken JSON. So an empty list is a success, and no access (401, 403) never looks like one.
 */
export function readAnswer(response: HttpResponse): Json {
  const { status } = response
  if (status >= 200 && status < 300) return readBody(response)
  let body: Json
  try {
    body = readBody(response)
  } catch {
    body = null
  }
  throw toError(response, body)
}

function readBody(response: HttpResponse): Json {
  const type = response.headers['content-type'] ?? ''
  if (response.body.length === 0) return null
  const text = decode(response.body, type)
  if (!/^application\/(?:[^;]*\+)?json\b/i.test(type.trim())) return text
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch (cause) {
    throw new ToolError('the answer says that it is JSON and is not', {
      code: 'INVALID_RESPONSE',
      cause,
    })
  }
}

function decode(body: Buffer, type: string): string {
  const [, charset = 'utf-8'] = /charset="?([\w-]+)/i.exec(type) ?? []
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    return body.toString('utf8')
  }
}

function toError(response: HttpResponse, body: Json): ToolError {
  const { status, headers } = response
  const inner = isJsonObject(body) ? ownValue(body, 'error') : undefined
  const details = isJsonObject(inner) ? inner : isJsonObject(body) ? body : null
  const outer = isJsonObject(body) ? body : null
  const code = codeIn(details) ?? codeIn(outer) ?? CODES[status] ?? `HTTP_${status}`
  const category = categoryIn(details) ?? categoryIn(outer) ?? categoryAt(status, code)
  const words = wordsIn(details) ?? wordsIn(outer) ?? (typeof inner === 'string' ? inner : null)
  const message = `HTTP ${status}${words === null ? '' : `: ${words.slice(0, MAX_MESSAGE_CHARS)}`}`
  const wait = secondsOf(headers['retry-after'])
  return new ToolError(message, {
    code,
    ...(category === undefined ? {} : { category }),
    ...(wait === null ? {} : { retryAfterSeconds: wait }),
    ...(details === null ? {} : { details }),
  })
}

function codeIn(body: JsonObject | null): string | null {
  const code = body === null ? undefined : ownValue(body, 'code')
  return typeof code === 'string' && /^[\w.:-]{1,100}$/.test(code) ? code : null
}

function categoryIn(body: JsonObject | null): FailureCategory | undefined {
  const said =
    body === null ? undefined : (ownValue(body, 'category') ?? ownValue(body, 'error_category'))
  return isFailureCategory(said) ? said : undefined
}

/** No access is no access, whatever code the body gives it; else the code says more than the status. */
function categoryAt(status: number, code: string): FailureCategory | undefined {
  const byStatus = categoryOf(`HTTP_${status}`)
  return byStatus === 'permission' ? byStatus : (categoryOf(code) ?? byStatus)
}

function wordsIn(body: JsonObject | null): string | null {
  const message = body === null ? undefined : ownValue(body, 'message')
  return typeof message === 'string' && message !== '' ? message : null
}

/** `Retry-After` is a number of seconds or a date. */
function secondsOf(header: string | undefined): number | null {
  if (header === undefined) return null
  if (/^\d+$/.test(header.trim())) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}
