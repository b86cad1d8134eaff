/*
 * A loopback server that stands for all providers: it keeps the exact body of each request and
 * answers in that provider's wire format, so that tests see what an adapter really sends.
 */
import type { JsonObject } from '../src/core/spec/json.ts'
import type { WireApi, WireReply } from './provider-wire.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

import { isJsonObject } from '../src/core/spec/json.ts'
import { toWire } from './provider-wire.ts'

/** What the server does with one request: a model's reply, an HTTP answer, or a broken line. */
export type ServerReply =
  | WireReply
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body: string
    }
  /** Sends the beginning of a streamed reply, then ends it or tears the connection down. */
  | { readonly cut: 'end' | 'destroy'; readonly reply: WireReply; readonly bytes: number }
  | { readonly hang: true }

/** One request as it came over the wire. */
export interface RecordedRequest {
  readonly api: WireApi
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  readonly json: JsonObject
}

/** A running server; `replies` are used in order, then `{ text: 'ok' }` for ever. */
export interface ProviderServer {
  readonly url: string
  readonly requests: RecordedRequest[]
  readonly replies: ServerReply[]
  close(): Promise<void>
}

const USAGE = { input: 10, cached: 4, output: 5 }

/** A plain text reply. */
export function textReply(message: string): WireReply {
  return { parts: [{ text: message }], finish: 'stop', usage: USAGE }
}

/** A reply made of parts that ends in calls. */
export function callReply(...parts: WireReply['parts']): WireReply {
  return { parts, finish: 'calls', usage: USAGE }
}

/** Starts a server on a free port. */
export async function createProviderServer(): Promise<ProviderServer> {
  const requests: RecordedRequest[] = []
  const replies: ServerReply[] = []
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const recorded = await record(request)
    requests.push(recorded)
    send(response, { recorded, reply: replies.shift() ?? textReply('ok') })
  }
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    replies,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const body = await text(request)
  const json: unknown = JSON.parse(body)
  if (!isJsonObject(json)) throw new TypeError('the body is no object')
  const path = request.url ?? ''
  return { api: apiOf(path), path, headers: request.headers, body, json }
}

function apiOf(path: string): WireApi {
  if (path.endsWith('/responses')) return 'responses'
  if (path.endsWith('/chat/completions')) return 'chat'
  if (path.endsWith('/messages')) return 'anthropic'
  return path.includes('enerateContent') ? 'google' : 'bedrock'
}

function send(
  response: ServerResponse,
  { recorded, reply }: { readonly recorded: RecordedRequest; readonly reply: ServerReply },
): void {
  if ('hang' in reply) return
  if ('status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
    response.end(reply.body)
    return
  }
  const stream = recorded.json['stream'] === true || /stream/i.test(recorded.path)
  const wire = toWire('cut' in reply ? reply.reply : reply, { api: recorded.api, stream })
  response.writeHead(200, { 'content-type': wire.type })
  if (!('cut' in reply)) {
    response.end(wire.body)
    return
  }
  const bytes = Buffer.from(wire.body).subarray(0, reply.bytes)
  if (reply.cut === 'end') response.end(bytes)
  else response.write(bytes, () => response.destroy())
}
