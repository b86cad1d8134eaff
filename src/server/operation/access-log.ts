import type { Context, MiddlewareHandler } from 'hono'
import { ServerResponse } from 'node:http'
import { pino, type Logger } from 'pino'
import type { Caller, ServerEnv } from '../server-context.ts'

/*
 * One line of JSON for each request, once its answer is out: who, what, how long. Never a body, a
 * header, a query or a key; what may hold one is scrubbed (Law 17).
 */

/** From which level on lines are written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Where lines go: stdout, or whatever keeps them. */
export interface LogOutput {
  write(line: string): void
}

/** A structured log whose errors are scrubbed; one JSON object a line. */
export function createLog(options: {
  readonly level: LogLevel
  readonly output?: LogOutput
}): Logger {
  const { level, output } = options
  const settings = {
    level,
    base: null,
    timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => errorFields(error) },
  }
  return output === undefined ? pino(settings) : pino(settings, output)
}

/** What looks like a key of ours, of a provider, or of a header, whatever it stands in. */
const SECRETS =
  /\b(?:lsk_|sk-|xai-|gsk_|AIza|AKIA|eyJ)[\w.-]{8,}|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}|\b[a-z]{2,12}:\/\/[^\s/@:]+:[^\s/@]+@/gi

/** Takes secrets out of a text: what looks like one, and what is known to be one. */
export function scrub(text: string, known: readonly string[] = []): string {
  const rest = known.reduce((left, secret) => left.replaceAll(secret, '[secret]'), text)
  return rest.replaceAll(SECRETS, '[secret]')
}

/** What a log keeps of an error, and of what caused it; `known` secrets are taken out. */
export function errorFields(error: unknown, known: readonly string[] = []): object {
  if (!(error instanceof Error)) return { message: scrub(String(error), known) }
  const code: unknown = Reflect.get(error, 'code')
  const { cause } = error
  return {
    name: error.name,
    message: scrub(error.message, known),
    ...(typeof code === 'string' ? { code } : {}),
    stack: scrub(error.stack ?? '', known),
    ...(cause === undefined ? {} : { cause: errorFields(cause, known) }),
  }
}

const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** Tells of each answered request; `told` hears of it as well, for metrics. */
export function accessLog(options: {
  readonly log: Logger
  readonly told: (request: Told) => void
}): MiddlewareHandler<ServerEnv> {
  const { log, told } = options
  return async (c, next) => {
    const startedAt = performance.now()
    await next()
    const { status } = c.res
    const route = routeOf(c)
    whenAnswered(c, (whole) => {
      const ms = performance.now() - startedAt
      told({ method: c.req.method, route, status, seconds: ms / 1000 })
      // Probes come every few seconds and say the same each time.
      const level = PROBES.has(route) && status < 400 ? 'debug' : 'info'
      if (!log.isLevelEnabled(level)) return
      const caller: Caller | undefined = c.get('caller')
      log[level](
        {
          request: c.get('requestId'),
          method: c.req.method,
          route,
          path: scrub(c.req.path.slice(0, 200)),
          status,
          ms: Math.round(ms * 10) / 10,
          ...(caller === undefined ? {} : { tenant: caller.tenant, key: caller.key }),
          ...(whole ? {} : { aborted: true }),
        },
        'request',
      )
    })
  }
}

/** One request, as the metrics count it. */
export interface Told {
  readonly method: string
  /** As it was declared, so that no id becomes a label. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** The pattern that answered, like `/v1/runs/:id`; `none` where no route did. */
function routeOf(c: Context): string {
  const matched = c.req.matchedRoutes.filter(({ path }) => !path.endsWith('*'))
  return matched.at(-1)?.path ?? 'none'
}

/**
 * Calls `then` once the whole answer is out, or its reader has gone (`whole` is false then); at once
 * where there is no socket.
 */
export function whenAnswered(c: Context, then: (whole: boolean) => void): void {
  const outgoing = outgoingOf(c)
  if (outgoing === null) return then(true)
  if (outgoing.closed) return then(outgoing.writableFinished)
  outgoing.once('close', () => then(outgoing.writableFinished))
}

function outgoingOf(c: Context): ServerResponse | null {
  const bindings: unknown = c.env
  if (typeof bindings !== 'object' || bindings === null) return null
  const outgoing: unknown = Reflect.get(bindings, 'outgoing')
  return outgoing instanceof ServerResponse ? outgoing : null
}
