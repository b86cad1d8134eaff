import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { ToolError } from '../core/spec/define.ts'
import { resolveAllowed, type HostAddress, type ResolveHost } from './address-guard.ts'

/** A request as it is sent: everything rendered. */
export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ExchangeOptions {
  /** Hosts that may be private or loopback. */
  readonly allow: readonly string[]
  readonly resolve?: ResolveHost | undefined
  readonly signal: AbortSignal
}

const MAX_BYTES = 1024 * 1024
const MAX_REDIRECTS = 3
const REDIRECTS = new Set([301, 302, 303, 307, 308])

/**
 * Sends a request and follows at most three redirects of a GET, each checked like the first; what
 * the author's headers say goes to the first origin only.
 *
 * Throws a ToolError with `executed: false` when nothing was sent: ADDRESS_REFUSED, UNREACHABLE;
 * else CONNECTION_LOST, RESPONSE_TOO_LARGE (1 MB), REDIRECT_REFUSED, INVALID_RESPONSE, or ABORTED.
 */
export async function exchange(
  first: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpResponse> {
  let request = first
  for (let hop = 0; ; hop++) {
    const response = await (hop === 0 ? sendOnce(request, options) : sendNext(request, options))
    const location = REDIRECTS.has(response.status) ? response.headers.location : undefined
    if (location === undefined) return response
    if (request.method !== 'GET') {
      throw redirectRefused(`a ${request.method} is not sent on to where the answer points`)
    }
    if (hop === MAX_REDIRECTS) throw redirectRefused(`more than ${MAX_REDIRECTS} redirects`)
    request = redirected(request, location)
  }
}

function redirected(request: HttpRequest, location: string): HttpRequest {
  const url = URL.parse(location, request.url.href)
  if (url === null) throw redirectRefused('the answer points to what is no address')
  if (request.url.protocol === 'https:' && url.protocol === 'http:') {
    throw redirectRefused('the answer points from https to http')
  }
  url.username = ''
  url.password = ''
  const { accept = '*/*' } = request.headers
  return {
    ...request,
    url,
    headers: url.origin === request.url.origin ? request.headers : { accept },
  }
}

/** After a redirect something was executed: the first request. */
async function sendNext(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
  try {
    return await sendOnce(request, options)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    throw new ToolError(error.message, { code: error.code, cause: error })
  }
}

async function sendOnce(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
  const { signal } = options
  if (signal.aborted) throw aborted({ cause: signal.reason, executed: false })
  const addresses = await resolveAllowed(request.url, options)
  if (signal.aborted) throw aborted({ cause: signal.reason, executed: false })
  let connected = false
  try {
    const message = await open(request, { addresses, signal, onConnect: () => (connected = true) })
    return await receive(message)
  } catch (cause) {
    if (cause instanceof ToolError) throw cause
    const unsent = connected ? {} : { executed: false }
    if (signal.aborted) throw aborted({ cause, ...unsent })
    const code = connected ? 'CONNECTION_LOST' : 'UNREACHABLE'
    throw new ToolError(`${request.url.host}: ${reasonOf(cause)}`, { code, cause, ...unsent })
  }
}

function open(
  request: HttpRequest,
  to: {
    readonly addresses: readonly HostAddress[]
    readonly signal: AbortSignal
    readonly onConnect: () => void
  },
): Promise<IncomingMessage> {
  const secure = request.url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const sent = (secure ? requestHttps : requestHttp)(request.url, {
      method: request.method,
      headers: { ...request.headers },
      lookup: pinnedLookup(to.addresses),
      // A connection of its own: a shared pool would hand out sockets that others have opened.
      agent: false,
      signal: to.signal,
    })
    sent.on('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', to.onConnect))
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(request.body ?? undefined)
  })
}

/** Answers with the addresses that were checked, whatever the name resolves to by now. */
function pinnedLookup(addresses: readonly HostAddress[]): LookupFunction {
  return (host, options, callback) => {
    const [first] = addresses
    if (first === undefined) callback(new Error(`${host} has no address`), [])
    else if (options.all === true) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }
}

async function receive(message: IncomingMessage): Promise<HttpResponse> {
  const { statusCode: status = 0, headers } = message
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    message.destroy()
    const why = `the answer is encoded as ${encoding}, which was not asked for`
    throw new ToolError(why, { code: 'INVALID_RESPONSE' })
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    if (!(chunk instanceof Buffer)) continue
    size += chunk.length
    // Leaving the loop destroys the connection.
    if (size > MAX_BYTES) {
      throw new ToolError('the answer is larger than 1 MB', { code: 'RESPONSE_TOO_LARGE' })
    }
    chunks.push(chunk)
  }
  return { status, headers, body: Buffer.concat(chunks) }
}

function aborted(why: { readonly cause: unknown; readonly executed?: boolean }): ToolError {
  return new ToolError('the request was aborted', { code: 'ABORTED', ...why })
}

function redirectRefused(message: string): ToolError {
  return new ToolError(message, { code: 'REDIRECT_REFUSED' })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code: unknown = Reflect.get(error, 'code')
  return error.message === '' && typeof code === 'string' ? code : error.message
}
