import { setTimeout as sleep } from 'node:timers/promises'
import type { Event } from '../core/log/event.ts'
import { upcast } from '../core/log/upcast.ts'
import type { Store } from '../store/store.ts'
import { LockstepError } from './lockstep-error.ts'

const POLL_MS = 250

/**
 * The events of a run with `seq > after`, in order, each once, and those that anybody appends from
 * then on, whichever process drives it, until the signal aborts. Soon where the store can watch;
 * where it cannot, it looks every quarter of a second. Rejects with the
 * store's StoreError, or a LockstepError `newer_log`.
 */
export async function* followLog(
  store: Store,
  {
    run,
    after = 0,
    signal,
  }: { readonly run: string; readonly after?: number; readonly signal: AbortSignal },
): AsyncGenerator<Event, void> {
  const bell = createBell()
  const unwatch = store.watch?.(run, bell.ring)
  signal.addEventListener('abort', bell.ring)
  try {
    for (let seq = after; !signal.aborted;) {
      const heard = bell.next()
      const events = await store.read(run, seq)
      for (const stored of events) {
        const one = upcast(stored)
        if (!one.ok) throw new LockstepError('newer_log', one.message)
        if (signal.aborted) return
        yield one.event
        seq = one.event.seq
      }
      // Also where the store can watch: more may have come while these were handed over.
      if (events.length > 0) continue
      await (unwatch === undefined ? sleepUntil(signal) : heard)
    }
  } finally {
    signal.removeEventListener('abort', bell.ring)
    unwatch?.()
  }
}

async function sleepUntil(signal: AbortSignal): Promise<void> {
  await sleep(POLL_MS, undefined, { signal }).catch(() => {})
}

/** Rings are not counted: one that comes before anybody waits is heard by who waits next. */
function createBell(): { readonly ring: () => void; readonly next: () => Promise<void> } {
  let { promise, resolve } = Promise.withResolvers<void>()
  return {
    ring: () => resolve(),
    next() {
      ;({ promise, resolve } = Promise.withResolvers<void>())
      return promise
    },
  }
}
