import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** Work that goes on after the answer to its request was given: runs that are driven, streams. */
export interface Background {
  /** Aborts when the time to finish is over: runs park, streams end. */
  readonly signal: AbortSignal
  /** Keeps the server from closing its store before the work is done; how it ends is nobody's here. */
  track(work: Promise<unknown>): void
  /** How much of it is under way. */
  count(): number
  /** Aborts `signal` and waits for all that is under way; false where the limit came first. */
  park(limitMs: number): Promise<boolean>
}

/** A server's background; one for all its rooms. */
export function createBackground(): Background {
  const stop = new AbortController()
  // One for each run that is under way.
  setMaxListeners(0, stop.signal)
  const underWay = new Set<Promise<unknown>>()
  return {
    signal: stop.signal,
    track(work) {
      const ended: Promise<unknown> = work.then(
        () => underWay.delete(ended),
        () => underWay.delete(ended),
      )
      underWay.add(ended)
    },
    count: () => underWay.size,
    async park(limitMs) {
      stop.abort()
      const limit = new AbortController()
      const late = sleep(limitMs, false, { signal: limit.signal }).catch(() => false)
      const done = (async () => {
        while (underWay.size > 0) await Promise.all(underWay)
        return true
      })()
      const inTime = await Promise.race([done, late])
      limit.abort()
      return inTime
    },
  }
}
