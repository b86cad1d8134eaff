import type { MiddlewareHandler } from 'hono'
import { whenAnswered } from './access-log.ts'
import { ApiError } from '../api-error.ts'
import type { ServerEnv } from '../server-context.ts'

/*
 * What is under way in a server: requests that do something, and runs that it drives. In flow
 * beginnings and ends; out flows whether it is quiet, which is when it may go.
 */

/** Counts what is under way, and knows whether the server still takes anything. */
export interface Traffic {
  readonly now: () => { readonly requests: number; readonly runs: number }
  /** A run is driven from now on, or no longer. */
  readonly driving: (change: 1 | -1) => void
  /** Something drives runs until it is done, also between two of them. */
  during(work: Promise<void>): void
  /** Counts requests until their answers are out. */
  count(): MiddlewareHandler<ServerEnv>
  /** Lets nobody in any more. */
  stop(): void
  readonly isStopped: () => boolean
  refuseWhenStopped(): MiddlewareHandler<ServerEnv>
  /** Resolves once nothing that could change something is under way, or after the limit. */
  quiet(limitMs: number): Promise<void>
}

/** Counts from zero. Readers are counted but never waited for: they come back with what they saw last. */
export function createTraffic(): Traffic {
  let requests = 0
  let doing = 0
  let runs = 0
  let isStopped = false
  const waiting = new Set<() => void>()
  const look = (): void => {
    if (doing > 0 || runs > 0) return
    for (const wake of waiting) wake()
  }
  const driving = (change: 1 | -1): void => {
    runs += change
    look()
  }
  return {
    now: () => ({ requests, runs }),
    driving,
    during(work) {
      driving(1)
      void work.finally(() => driving(-1))
    },
    count: () => async (c, next) => {
      const isReader = c.req.method === 'GET' || c.req.method === 'HEAD'
      requests += 1
      if (!isReader) doing += 1
      await next()
      whenAnswered(c, () => {
        requests -= 1
        if (!isReader) doing -= 1
        look()
      })
    },
    stop() {
      isStopped = true
    },
    isStopped: () => isStopped,
    refuseWhenStopped: () => async (c, next) => {
      if (!isStopped) return next()
      c.header('Connection', 'close')
      throw new ApiError('overloaded_error', 'the server is shutting down; try again', {
        code: 'shutting_down',
        retryAfterSeconds: 1,
      })
    },
    quiet(limitMs) {
      if (doing === 0 && runs === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          waiting.delete(end)
          resolve()
        }
        const timer = setTimeout(end, limitMs)
        waiting.add(end)
      })
    },
  }
}
