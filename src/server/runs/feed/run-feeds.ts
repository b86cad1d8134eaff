import type { CallModel } from '../../../core/decide/effect.ts'
import type { Event } from '../../../core/log/event.ts'
import type { Store } from '../../../store/store.ts'
import { createRunFeed, type RunFeed } from './run-feed.ts'

/** The feeds of all runs that somebody reads in this process: one a run, gone with its last reader. */
export interface RunFeeds {
  /** The run's feed, begun by its first reader; `leave` once it is not read any more. */
  join(run: string): { readonly feed: RunFeed; readonly leave: () => void }
  /** Hands on what a driver of this process committed. */
  offer(run: string, events: readonly Event[]): void
  text(run: string, piece: { readonly delta: string; readonly effect: CallModel }): void
}

const HEARTBEAT_MS = 15_000

/**
 * Feeds over a store until the signal aborts, which ends all streams. Proxies close what is silent
 * for long, so each feed beats now and then.
 */
export function createRunFeeds(
  store: Store,
  options: { readonly signal: AbortSignal; readonly heartbeatMs?: number },
): RunFeeds {
  const { signal, heartbeatMs = HEARTBEAT_MS } = options
  const feeds = new Map<string, { readonly feed: RunFeed; readers: number }>()
  let heart: NodeJS.Timeout | null = null
  const beat = (): void => {
    for (const { feed } of feeds.values()) feed.beat()
  }
  signal.addEventListener('abort', () => {
    for (const { feed } of feeds.values()) feed.end()
  })
  const leave = (run: string): void => {
    const known = feeds.get(run)
    if (known === undefined) return
    known.readers -= 1
    if (known.readers > 0) return
    known.feed.end()
    feeds.delete(run)
    if (feeds.size > 0 || heart === null) return
    clearInterval(heart)
    heart = null
  }
  return {
    join(run) {
      const known = feeds.get(run)
      // One that failed is begun anew: the store may answer again.
      const usable = known !== undefined && !known.feed.isOver() ? known : null
      const joined = usable ?? { feed: createRunFeed(store, run), readers: 0 }
      joined.readers += 1
      feeds.set(run, joined)
      heart ??= setInterval(beat, heartbeatMs).unref()
      if (signal.aborted) joined.feed.end()
      let isHere = true
      return {
        feed: joined.feed,
        leave() {
          if (!isHere) return
          isHere = false
          if (feeds.get(run) === joined) leave(run)
          else if ((joined.readers -= 1) === 0) joined.feed.end()
        },
      }
    },
    offer: (run, events) => feeds.get(run)?.feed.offer(events),
    text: (run, { delta, effect }) => feeds.get(run)?.feed.text(delta, effect),
  }
}
