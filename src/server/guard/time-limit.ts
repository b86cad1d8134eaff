import { setMaxListeners } from 'node:events'
import type { MiddlewareHandler } from 'hono'
import { ApiError, errorBody } from '../api-error.ts'
import type { ServerEnv } from '../server-context.ts'

/*
 * How long one request may take (S0: 20 minutes): its answer, and the run that it drives.
 */

/** Signals given within this time are one: a timer for each request would outlive most of them. */
const SLICE_MS = 15_000

/** Hands out signals that abort when whoever got them had their time; `all` aborts each at once. */
export function createDeadlines(limitMs: number, all: AbortSignal): () => AbortSignal {
  let slice: { readonly signal: AbortSignal; readonly until: number } | null = null
  return () => {
    const now = performance.now()
    if (slice !== null && now < slice.until) return slice.signal
    const late = new AbortController()
    // Nobody is cut short: the slice's time counts from its end.
    setTimeout(() => late.abort(), limitMs + SLICE_MS).unref()
    const signal = AbortSignal.any([late.signal, all])
    // One per run that is under way.
    setMaxListeners(0, signal)
    slice = { signal, until: now + SLICE_MS }
    return signal
  }
}

/** Answers 504 where a route took too long; readers of streams may stay as long as they like. */
export function limitTime(limitMs: number): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    let timer: NodeJS.Timeout | null = null
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), limitMs)
      timer.unref()
    })
    const answered = next().then(() => 'answered' as const)
    const first = await Promise.race([answered, late])
    if (timer !== null) clearTimeout(timer)
    if (first === 'answered') return
    // Whatever comes of it now is nobody's.
    answered.catch(() => {})
    const message = `the request took longer than ${limitMs / 1000} s`
    const error = new ApiError('server_error', message, { code: 'time_limit_exceeded' })
    return c.json(errorBody(error), 504)
  }
}
