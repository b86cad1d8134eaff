import type { CallModel } from '../../../core/decide/effect.ts'
import type { Event, EventOf } from '../../../core/log/event.ts'
import { restAfter } from '../../../core/log/record/standing-rest.ts'
import { upcast } from '../../../core/log/upcast.ts'
import { followLog } from '../../../drive/follow-log.ts'
import { LockstepError } from '../../../drive/lockstep-error.ts'
import type { Store } from '../../../store/store.ts'
import { statusOf, type RunStatus } from '../run-status.ts'

/*
 * One run's log as all its readers of this process see it: read once, encoded once, followed once,
 * however many there are. In: the store, and what is driven right here, sooner. Out: each event in
 * its place.
 */

/** A run's events as they are sent, and who is told when there are more. */
export interface RunFeed {
  /** Event `seq` is at `seq - 1`. */
  readonly frames: readonly Uint8Array[]
  /** Resolves once all is there that was in the log when the feed began. */
  readonly ready: Promise<void>
  /** True when nothing more will come: the server stops, or the log cannot be read any more. */
  isOver(): boolean
  status(): { readonly status: RunStatus; readonly reason: string | null }
  watch(listener: FeedListener): () => void
  /** Events of a driver in this process, right after they were committed; others are left to the store. */
  offer(events: readonly Event[]): void
  /** A piece of a model's text, which is part of no log. */
  text(delta: string, effect: CallModel): void
  /** Says to all that they still are connected. */
  beat(): void
  end(): void
}

export interface FeedListener {
  /** Something changed: look. */
  readonly wake: () => void
  readonly beat: () => void
  /** A piece of text that came after so many events. */
  readonly text: (frame: Uint8Array, after: number) => void
}

const encoder = new TextEncoder()

/** Begins to follow a run from its first event; `end` stops it. */
export function createRunFeed(store: Store, run: string): RunFeed {
  const frames: Uint8Array[] = []
  const listeners = new Set<FeedListener>()
  const stop = new AbortController()
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  // Whoever joins sees it; nobody need.
  ready.catch(() => {})
  let rest: EventOf<'run.rested'> | null = null
  const wake = (): void => {
    for (const listener of listeners) listener.wake()
  }
  const push = (event: Event): void => {
    if (event.seq !== frames.length + 1) return
    rest = restAfter(rest, event)
    frames.push(encoder.encode(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`))
  }
  const follow = async (): Promise<void> => {
    for (const stored of await store.read(run, 0)) push(current(stored))
    resolve()
    wake()
    const options = { run, after: frames.length, signal: stop.signal }
    for await (const event of followLog(store, options)) {
      push(event)
      wake()
    }
  }
  follow()
    .catch(reject)
    .finally(() => {
      stop.abort()
      wake()
    })
  return {
    frames,
    ready,
    isOver: () => stop.signal.aborted,
    status: () => ({ status: statusOf(rest?.reason ?? null), reason: rest?.reason ?? null }),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    offer(events) {
      for (const event of events) push(event)
      wake()
    },
    text(delta, effect) {
      if (listeners.size === 0) return
      const frame = textFrame(delta, effect)
      for (const listener of listeners) listener.text(frame, frames.length)
    },
    beat() {
      for (const listener of listeners) listener.beat()
    },
    end() {
      stop.abort()
      wake()
    },
  }
}

function current(stored: Event): Event {
  const read = upcast(stored)
  if (!read.ok) throw new LockstepError('newer_log', read.message)
  return read.event
}

function textFrame(delta: string, { call, attempt, step, role, branch }: CallModel): Uint8Array {
  const data = JSON.stringify({ call, attempt, step, role, branch, delta })
  return encoder.encode(`event: text.delta\ndata: ${data}\n\n`)
}
