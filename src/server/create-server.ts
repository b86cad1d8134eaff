import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import { messageOf } from '../core/spec/message-of.ts'
import type { LoadedWorkflow } from '../drive/load/loaded-workflow.ts'
import { LockstepError } from '../drive/lockstep-error.ts'
import { createRuntime, type Runtime } from '../drive/runtime.ts'
import type { RuntimeOptions } from '../drive/runtime-options.ts'
import { aiSdkMind } from '../mind/ai-sdk.ts'
import type { Mind } from '../mind/mind.ts'
import { resolveModel } from '../mind/provider-registry.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { accessLog, createLog } from './operation/access-log.ts'
import { ApiError } from './api-error.ts'
import type { Keyring } from './guard/api-keys.ts'
import { authenticate } from './guard/authenticate.ts'
import { createBackground, type Background } from './background.ts'
import { healthRoutes } from './operation/health.ts'
import { createLimiter } from './guard/limits.ts'
import { limitBody } from './guard/limits-body.ts'
import { isLoopback, startListening, stopListening } from './listening.ts'
import { logFailure } from './operation/log-failure.ts'
import { createMetrics, type Metrics } from './operation/metrics.ts'
import { mountRooms } from './mount-rooms.ts'
import { ownKeyMind } from './guard/own-key.ts'
import { allowOrigins, guardLocal, nameRequest, secureHeaders } from './guard/request-guard.ts'
import { assertStateless } from './responses/assert-stateless.ts'
import { resumeParked } from './operation/resume-parked.ts'
import type { OwnKey, ServerContext, ServerEnv } from './server-context.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './guard/server-limits.ts'
import { answerError, toApiError } from './operation/answer-error.ts'
import { tenantOf } from './guard/tenants.ts'
import { createDeadlines, limitTime } from './guard/time-limit.ts'
import { createTraffic, type Traffic } from './operation/traffic.ts'
import { watchStore } from './operation/watch-store.ts'

/*
 * The server, put together: what its routes are given, what every request passes on its way to
 * them, and how it begins and ends. Workflows, a store and keys in; a Hono app and a listener out.
 */

/** What a server is made of; with no options it serves whoever is on this machine, and keeps nothing. */
export interface ServerOptions {
  /** What `model: "workflow/NAME"` may name. */
  readonly workflows?: readonly LoadedWorkflow[]
  /** Where runs are kept; null for a server that keeps nothing, whose runs live in continuations. */
  readonly store?: Store | null
  /**
   * Who answers; AI SDK providers by `provider/model` when left out. A mind answers everything; a
   * function is asked for each runtime, with the caller's own key where there is one (S0.24).
   */
  readonly mind?: Mind | ((own: OwnKey | null) => Mind)
  /** `provider/model` where neither request nor workflow names one. */
  readonly model?: string
  /** Who may enter; null lets in whoever is on this machine, as tenant `local`. */
  readonly keys?: Keyring | null
  readonly limits?: Partial<ServerLimits>
  /** Origins whose pages may call (CORS); none when left out. */
  readonly origins?: readonly string[]
  readonly log?: Logger
  /** Everything else that its runtimes are made of: tools, checks, artifacts, memory, secrets … */
  readonly runtime?: Omit<RuntimeOptions, 'store' | 'mind' | 'signal' | 'tenant'>
  /** What routes are given beside that: continuation keys, keys of links. */
  readonly context?: Pick<ServerContext, 'linkKeys' | 'continuations'>
  /** Counts what the process needs as well, for `/metrics`. */
  readonly processMetrics?: boolean
}

/** A server, which listens or is called in this process (`app.request`). */
export interface LockstepServer {
  readonly app: Hono<ServerEnv>
  /** What its routes are given, for routes of your own. */
  readonly context: ServerContext
  /** Beyond loopback only with keys; rejects with an Error that says so, or with the socket's own. */
  listen(at?: { readonly port?: number; readonly host?: string }): Promise<ListeningAt>
  /**
   * Stops accepting, waits for what is under way, parks the runs that are left (their logs go on
   * with the next process), and closes the store. Resolves with how many runs it had to leave; a
   * second call is the first one's.
   */
  close(limits?: { readonly graceMs?: number; readonly parkMs?: number }): Promise<number>
}

/** Where a server listens. */
export interface ListeningAt {
  readonly url: string
  readonly port: number
}

const GRACE_MS = 25_000
const PARK_MS = 5_000

/** Everything that a server's parts share. */
interface Parts {
  readonly options: ServerOptions
  readonly limits: ServerLimits
  readonly log: Logger
  readonly store: Store | null
  readonly background: Background
  readonly metrics: Metrics
  readonly traffic: Traffic
  readonly context: ServerContext
}

/**
 * Puts a server together; nothing listens yet. Throws a LockstepError `invalid_workflow` where it
 * keeps no runs and a workflow writes something that must not happen twice (Laws 8, 11).
 */
export function createServer(options: ServerOptions = {}): LockstepServer {
  const parts = putTogether(options)
  const app = createApp(parts)
  let listening: ServerType | null = null
  let closing: Promise<number> | null = null
  return {
    app,
    context: parts.context,
    async listen({ port = 8787, host = '127.0.0.1' } = {}) {
      if ((options.keys ?? null) === null && !isLoopback(host)) {
        throw new Error(`a server without keys listens on loopback alone, and ${host} is not`)
      }
      listening = createAdaptorServer({ fetch: app.fetch, serverOptions: parts.limits.http })
      const address = await startListening(listening, { port, host })
      const { stored } = parts.context
      if (stored !== null) parts.traffic.during(resumeParked(stored, parts))
      const name = host.includes(':') ? `[${host}]` : host
      return { url: `http://${name}:${address.port}`, port: address.port }
    },
    close(how = {}) {
      closing ??= closeAll(parts, { ...how, listening })
      return closing
    },
  }
}

async function closeAll(
  { background, store, traffic }: Parts,
  on: {
    readonly graceMs?: number
    readonly parkMs?: number
    readonly listening: ServerType | null
  },
): Promise<number> {
  const { graceMs = GRACE_MS, parkMs = PARK_MS, listening } = on
  traffic.stop()
  const closed = listening === null ? null : stopListening(listening)
  await traffic.quiet(graceMs)
  const until = performance.now() + parkMs
  await background.park(parkMs)
  await traffic.quiet(Math.max(0, until - performance.now()))
  const left = traffic.now().runs
  await closed?.()
  await store?.close()
  return left
}

function putTogether(options: ServerOptions): Parts {
  const { workflows = [], keys = null, runtime = {} } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const log = options.log ?? createLog({ level: 'info' })
  const background = createBackground()
  const traffic = createTraffic()
  const metrics = createMetrics({
    underWay: traffic.now,
    ofProcess: options.processMetrics === true,
  })
  const watched = (store: Store): Store =>
    watchStore(store, { committed: metrics.events, driving: traffic.driving })
  const given = options.store ?? null
  const store = given === null ? null : watched(given)
  if (store === null) for (const workflow of workflows) assertKeepsNothing(workflow)
  const mindFor = mindsOf(options, metrics)
  const deadline = createDeadlines(limits.seconds * 1000, background.signal)
  const { artifacts } = runtime
  const common = { ...runtime, tenant: tenantOf }
  const context: ServerContext = {
    ...options.context,
    workflows: byName(workflows),
    stored:
      store === null
        ? null
        : createRuntime({
            ...common,
            store,
            mind: mindFor(null),
            signal: background.signal,
          }),
    stateless: (own): Runtime =>
      createRuntime({
        ...common,
        store: watched(memoryStore()),
        mind: mindFor(own),
        signal: deadline(),
      }),
    serverTools: new Set(Object.keys(runtime.tools ?? {})),
    model: options.model ?? null,
    background,
    ...(store === null ? {} : { store }),
    ...(artifacts === undefined
      ? {}
      : { artifacts: typeof artifacts === 'function' ? artifacts : async () => artifacts }),
  }
  const parts = { options: { ...options, keys }, limits, log, store, background, metrics }
  return { ...parts, traffic, context }
}

/** Said at load of what every request would be told: that its run must be kept. */
function assertKeepsNothing({ plan }: LoadedWorkflow): void {
  try {
    assertStateless(plan, { hasStore: false })
  } catch (cause) {
    throw new LockstepError('invalid_workflow', `${plan.name}: ${messageOf(cause)}`, { cause })
  }
}

/** One mind for all who have no key of their own: it knows the models that it found before. */
function mindsOf(options: ServerOptions, metrics: Metrics): (own: OwnKey | null) => Mind {
  const { mind, runtime } = options
  const env = runtime?.env ?? process.env
  const make = (own: OwnKey | null): Mind => {
    if (typeof mind === 'function') return mind(own)
    if (mind !== undefined) return mind
    if (own !== null) return ownKeyMind(own, env)
    return aiSdkMind({ model: (id: string) => resolveModel(id, env) })
  }
  let common: Mind | null = null
  return (own) => (own === null ? (common ??= metrics.watch(make(null))) : metrics.watch(make(own)))
}

function byName(workflows: readonly LoadedWorkflow[]): ReadonlyMap<string, LoadedWorkflow> {
  return new Map(workflows.map((workflow) => [workflow.plan.name, workflow]))
}

function createApp(parts: Parts): Hono<ServerEnv> {
  const { context, limits, log, metrics, options, store, traffic } = parts
  const { keys = null, origins = [] } = options
  const app = new Hono<ServerEnv>()
  app.onError(async (error, c) => {
    const told = toApiError(error)
    if (told.status >= 500) await logFailure(log, c, error)
    return answerError(c, told)
  })
  app.notFound((c) => answerError(c, unknownRoute(c.req.method, c.req.path)))
  app.use(nameRequest(), accessLog({ log, told: metrics.request }), traffic.count())
  app.use(secureHeaders(), allowOrigins(origins))
  app.route(
    '/',
    healthRoutes({
      store,
      keys,
      workflows: context.workflows.size,
      isClosing: traffic.isStopped,
      onFailure: (what, message) => log.warn({ what, message }, 'not ready'),
    }),
  )
  const limiter = createLimiter(limits, () => performance.now())
  if (keys === null) app.use(guardLocal(origins))
  app.get('/metrics', authenticate({ keys, limiter, scope: 'admin' }), async (c) =>
    c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }),
  )
  const api = new Hono<ServerEnv>()
  api.use(traffic.refuseWhenStopped())
  api.use(authenticate({ keys, limiter }), limitBody(limits), limitTime(limits.seconds * 1000))
  mountRooms({ app, api }, context)
  for (const base of ['/api/v1', '/v1']) app.route(base, api)
  return app
}

function unknownRoute(method: string, path: string): ApiError {
  const shown = path.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)
  const message = `there is no route ${method} ${shown}; /openapi.json lists them`
  return new ApiError('not_found_error', message, { code: 'unknown_route' })
}
