import { readTools, type ListedTool, type ToolMap } from './client-tool.ts'
import { readResponse, type ResponseRequest, type ResponseResult } from './response-shape.ts'
import {
  createResponseStream,
  responseEvents,
  type ResponseEvent,
  type ResponseStream,
} from './response-stream.ts'
import { createToolLoop, type Body, type Progress, type ToolLoop } from './tool-loop.ts'
import { aborted, type ApiCall, type Transport } from './transport.ts'

/*
 * `responses.create`: a request goes in, with tools that run here; the last response comes out, or
 * the events of all of them (S0.26-S0.30, S0.38). In between the server holds nothing: each pause
 * comes back whole, so that any machine can go on.
 */

/** What holds for one call, whatever it asks. */
export interface RequestOptions {
  /** Ends the request and whatever tool is under way; rejects with `aborted`. */
  readonly signal?: AbortSignal
  /** For each roundtrip; 20 minutes when left out. */
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface CreateOptions extends RequestOptions {
  /** How often client tools may be answered; 20. */
  readonly maxRoundtrips?: number
  /** How many tools run at once; 8. */
  readonly toolConcurrency?: number
  /** Told of each response, each tool and each further try; what it throws is the caller's. */
  readonly onProgress?: (progress: Progress) => void
}

type WithTools<Schemas> = ResponseRequest & { readonly tools?: ToolMap<Schemas> }
type WithList = ResponseRequest & { readonly tools: readonly (ListedTool | object)[] }
type Streamed = { readonly stream: true }
type Whole = { readonly stream?: false }

export interface Responses {
  /**
   * Asks, executes the tools that are called here, and asks again until it is over. A tool that
   * throws, does not exist or gets wrong arguments answers the model with an error; a response with
   * a call of a tool without `execute` is handed over as it is (`requires_action`). Rejects with
   * LockstepApiError.
   */
  create<const Schemas extends Record<string, unknown>>(
    request: WithTools<Schemas> & Streamed,
    options?: CreateOptions,
  ): Promise<ResponseStream>
  create<const Schemas extends Record<string, unknown>>(
    request: WithTools<Schemas> & Whole,
    options?: CreateOptions,
  ): Promise<ResponseResult>
  create(request: WithList & Streamed, options?: CreateOptions): Promise<ResponseStream>
  create(request: WithList & Whole, options?: CreateOptions): Promise<ResponseResult>
}

const PATH = '/responses'
const MAX_ROUNDTRIPS = 20
const TOOLS_AT_ONCE = 8

/** The responses of a server behind a transport. */
export function createResponses(transport: Transport): Responses {
  function create(
    request: (WithTools<unknown> | WithList) & Streamed,
    options?: CreateOptions,
  ): Promise<ResponseStream>
  function create(
    request: (WithTools<unknown> | WithList) & Whole,
    options?: CreateOptions,
  ): Promise<ResponseResult>
  async function create(
    request: (WithTools<unknown> | WithList) & (Streamed | Whole),
    options: CreateOptions = {},
  ): Promise<ResponseResult | ResponseStream> {
    const { tools: given, ...asked } = request
    const tools = readTools(given)
    const body = { ...asked, ...(tools.wire === undefined ? {} : { tools: tools.wire }) }
    const { signal, onProgress = () => {} } = options
    if (signal?.aborted === true) throw aborted(signal.reason)
    const loop = createToolLoop(body, {
      tools,
      signal,
      onProgress,
      maxRoundtrips: options.maxRoundtrips ?? MAX_ROUNDTRIPS,
      concurrency: options.toolConcurrency ?? TOOLS_AT_ONCE,
    })
    const call = (next: Body): ApiCall => callOf(next, { ...options, onProgress })
    if (request.stream !== true) return askUntilDone({ transport, loop, call, body })
    // The first request fails here, and not first within the stream.
    const first = await transport.stream(call(body))
    return createResponseStream(streamUntilDone({ transport, loop, call, first }))
  }
  return { create }
}

function callOf(
  body: Body,
  { signal, timeoutMs, headers, onProgress = () => {} }: CreateOptions,
): ApiCall {
  return {
    method: 'POST',
    path: PATH,
    body,
    signal,
    timeoutMs,
    ...(headers === undefined ? {} : { headers }),
    onRetry: ({ attempt, delayMs, error }) =>
      onProgress({ type: 'request.retried', attempt, delayMs, message: error.message }),
  }
}

interface Asking {
  readonly transport: Transport
  readonly loop: ToolLoop
  readonly call: (body: Body) => ApiCall
}

async function askUntilDone(on: Asking & { readonly body: Body }): Promise<ResponseResult> {
  let body: Body | null = on.body
  while (true) {
    const response = readResponse(await on.transport.json(on.call(body)))
    body = await on.loop.next(response)
    if (body === null) return response
  }
}

async function* streamUntilDone(
  on: Asking & { readonly first: Parameters<typeof responseEvents>[0] },
): AsyncGenerator<ResponseEvent, ResponseResult, undefined> {
  let sent = on.first
  while (true) {
    const response = yield* responseEvents(sent)
    const body = await on.loop.next(response)
    if (body === null) return response
    sent = await on.transport.stream(on.call(body))
  }
}
