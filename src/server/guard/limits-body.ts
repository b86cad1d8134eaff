import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../api-error.ts'
import type { ServerEnv } from '../server-context.ts'

/*
 * How large and how deep a body may be, whether or not it says so itself. Routes find the body
 * where they always do; it has been read by then, so that none can be drowned.
 */

/** What bodies are held to. */
export interface BodyLimits {
  readonly bytes: number
  /** On routes that take attachments (S0: 50 MB). */
  readonly attachmentBytes: number
  /** Levels of JSON. */
  readonly depth: number
}

const TAKES_ATTACHMENTS = /\/(?:responses|chat\/completions)(?:\/|$)/
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/**
 * Answers 413 for a body that is too large, 400 for one that is no JSON by its own account or is
 * nested too deep; a body in chunks is counted as it arrives.
 */
export function limitBody(limits: BodyLimits): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const { req } = c
    if (req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS') return next()
    const most = TAKES_ATTACHMENTS.test(req.path) ? limits.attachmentBytes : limits.bytes
    const length = req.header('content-length')
    const isChunked = req.header('transfer-encoding') !== undefined
    if (length !== undefined && Number(length) > most) throw tooLarge(most)
    // A declared length is what the HTTP parser holds the body to; all else is counted here.
    if (isChunked || length === undefined) {
      const body = await readAtMost(req.raw, most)
      req.raw = new Request(req.raw, { method: req.method, body })
    }
    const text = await req.text()
    if (text === '') return next()
    assertJsonType(req.header('content-type'), req.header('content-encoding'))
    assertShallow(text, limits.depth)
    return next()
  }
}

function assertJsonType(type: string | undefined, encoding: string | undefined): void {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    const message = `the body is encoded as ${shown(encoding)}; send it as it is`
    throw new ApiError('invalid_request_error', message, { code: 'unsupported_encoding' })
  }
  if (type !== undefined && JSON_TYPE.test(type)) return
  const is = type === undefined ? 'it has none' : `it is ${shown(type)}`
  const message = `send JSON with the header \`Content-Type: application/json\`; ${is}`
  throw new ApiError('invalid_request_error', message, { code: 'unsupported_media_type' })
}

/** What a header says, for a message: printable and short. */
function shown(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60)
}

function tooLarge(most: number): ApiError {
  const message = `the body is larger than ${most} bytes, which is the most here`
  return new ApiError('request_too_large', message, { code: 'request_too_large' })
}

async function readAtMost(request: Request, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body?.getReader()
  for (;;) {
    const read = await reader?.read()
    if (read === undefined || read.done) break
    size += read.value.byteLength
    if (size > most) {
      void reader?.cancel().catch(() => {})
      throw tooLarge(most)
    }
    chunks.push(read.value)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Throws an ApiError for JSON that is nested deeper than `most`; whether it is JSON is not its matter. */
function assertShallow(text: string, most: number): void {
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      index = endOfString(text, index)
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth <= most) continue
      const message = `the body is nested more than ${most} levels deep`
      throw new ApiError('invalid_request_error', message, { code: 'too_deep' })
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1
    }
  }
}

/** Where a string ends that begins at `start`; its length is found at the speed of a search. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return text.length
}
