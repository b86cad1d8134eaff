import { messageOf } from '../core/spec/message-of.ts'
import { effectKey, type Effect } from '../core/decide/effect.ts'
import type { EventBody } from '../core/log/event.ts'
import { performEffect } from '../perform/perform-effect.ts'
import type { World } from '../perform/world.ts'
import type { Drive } from './drive-options.ts'

const CANCEL_POLL_MS = 500

/** What is under way outside. */
export interface Desk {
  /** Starts what is not under way yet. */
  start(effects: readonly Effect[]): void
  /** The next event that comes back; null when it is only time to look for a cancel mark. */
  next(): Promise<EventBody | null>
  isEmpty(): boolean
  /** Aborts everything under way. */
  cancel(): void
}

/** What came back; null when it was given up because the run is parked. */
interface Arrival {
  readonly key: string
  readonly event: EventBody | null
}

/** Starts effects once each and hands back what comes of them, in the order of arrival. */
export function createDesk(options: Drive): Desk {
  const tools = new AbortController()
  // Model calls and waits are also given up when the run is only parked: nothing is lost by it.
  const others = new AbortController()
  const park = (): void => others.abort()
  options.signal.addEventListener('abort', park, { once: true })
  const worlds: Readonly<Record<'tools' | 'others', World>> = {
    tools: { ...options, state: options.fold.state, signal: tools.signal },
    others: { ...options, state: options.fold.state, signal: others.signal },
  }
  // An effect stays under way until its event is handed over, so that none is started twice.
  const underWay = new Set<string>()
  const inbox: Arrival[] = []
  let wake: (() => void) | null = null
  // One timer for the desk: setting one for every wait costs more than most waits do.
  let poll: NodeJS.Timeout | null = null
  const arrive = (arrival: Arrival): void => {
    inbox.push(arrival)
    wake?.()
  }
  return {
    start(effects) {
      for (const effect of effects) {
        const key = effectKey(effect)
        if (underWay.has(key)) continue
        underWay.add(key)
        const isTool = effect.type === 'run-tool'
        performEffect(effect, isTool ? worlds.tools : worlds.others).then(
          (event) => arrive({ key, event: isTool || !others.signal.aborted ? event : null }),
          // A performer never rejects; if one does it is a bug, and the run must say so.
          (error: unknown) => arrive({ key, event: broken(effect, error) }),
        )
      }
    },
    async next() {
      if (inbox.length === 0) {
        poll ??= setInterval(() => wake?.(), CANCEL_POLL_MS)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = null
      }
      const arrival = inbox.shift()
      if (arrival === undefined) return null
      underWay.delete(arrival.key)
      return arrival.event
    },
    isEmpty: () => underWay.size === 0,
    cancel() {
      options.signal.removeEventListener('abort', park)
      if (poll !== null) clearInterval(poll)
      poll = null
      // An abort that nobody hears makes an error and its stack all the same.
      if (underWay.size === 0) return
      tools.abort()
      others.abort()
    },
  }
}

function broken(effect: Effect, error: unknown): EventBody {
  const message = `internal error: ${messageOf(error)}`
  switch (effect.type) {
    case 'call-model':
      return {
        type: 'model.failed',
        call: effect.call,
        attempt: effect.attempt,
        error: { code: 'internal', message },
      }
    case 'run-tool':
      return {
        type: 'tool.failed',
        call: effect.call,
        attempt: effect.attempt,
        error: { code: 'ABORTED', message },
      }
    case 'wait':
      return { type: 'wait.ended', wait: effect.wait }
  }
}
