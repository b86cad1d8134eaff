import { createChatCompletions, type ChatCompletions } from './chat-completions.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { createResponses, type Responses } from './responses.ts'
import { createRuns, type Runs } from './runs.ts'
import { createTransport, type Fetch } from './transport.ts'

/*
 * The client of a Lockstep server (S0.38): for Node and browsers alike, with nothing but `fetch`.
 * In: where the server is, and a key. Out: its surfaces as functions.
 */

export interface ClientOptions {
  /** The server: `https://agents.example.com`, with or without `/v1`. Else LOCKSTEP_BASE_URL. */
  readonly baseURL?: string
  /** Else LOCKSTEP_API_KEY; a server on this machine may need none. */
  readonly apiKey?: string
  /** Another `fetch` than the global one. */
  readonly fetch?: Fetch
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** For each request; 20 minutes. */
  readonly timeoutMs?: number
  /** How often a request that was surely not executed, or may safely be executed twice, is tried again; 2. */
  readonly maxRetries?: number
}

export interface Client {
  readonly responses: Responses
  readonly chat: { readonly completions: ChatCompletions }
  readonly runs: Runs
}

const LOCAL_SERVER = 'http://127.0.0.1:8787'
const TIMEOUT_MS = 20 * 60 * 1_000
const MAX_RETRIES = 2

/** Makes a client. It opens nothing and needs no closing; environment variables are read at each request. */
export function createClient(options: ClientOptions = {}): Client {
  const transport = createTransport({
    target: () => ({
      baseURL: apiOf(options.baseURL ?? fromEnvironment('LOCKSTEP_BASE_URL') ?? LOCAL_SERVER),
      apiKey: keyOf(options.apiKey ?? fromEnvironment('LOCKSTEP_API_KEY') ?? null),
    }),
    // Looked up late, and called as a plain function: browsers want no other `this`.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    headers: options.headers ?? {},
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxRetries: options.maxRetries ?? MAX_RETRIES,
    wait,
  })
  return {
    responses: createResponses(transport),
    chat: { completions: createChatCompletions(transport) },
    runs: createRuns(transport),
  }
}

/**
 * A client of the server that the environment names (LOCKSTEP_BASE_URL, LOCKSTEP_API_KEY), else of
 * one on this machine: `import { lockstep as personize } from 'lockstep/client'` is all that seed
 * 0's examples need.
 */
export const lockstep: Client = /* @__PURE__ */ createClient()

/** The path under which the routes are. */
function apiOf(baseURL: string): string {
  if (!URL.canParse(baseURL)) {
    const message = `baseURL is no address: ${JSON.stringify(baseURL.slice(0, 200))}; expected one like https://agents.example.com`
    throw new LockstepApiError(message, { code: 'invalid_options' })
  }
  const base = baseURL.replace(/\/+$/, '')
  return /\/v\d+$/.test(base) ? base : `${base}/api/v1`
}

/** A key goes into a header: one that was copied with a `…` in it would fail there as a broken connection. */
function keyOf(apiKey: string | null): string | null {
  if (apiKey === null || /^[\u0021-\u007e]*$/.test(apiKey)) return apiKey
  const message = 'apiKey has a character that no key has; expected one like lsk_ and 43 characters'
  throw new LockstepApiError(message, { code: 'invalid_options' })
}

/** Browsers have no environment. */
function fromEnvironment(name: string): string | undefined {
  const { process: host }: { process?: { env?: Readonly<Record<string, string | undefined>> } } =
    globalThis
  const value = host?.env?.[name]
  return value === undefined || value === '' ? undefined : value
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
