import { inBranch } from '../core/log/in-branch.ts'
import { messageOf } from '../core/spec/message-of.ts'
import { effectKey, type Effect } from '../core/decide/effect.ts'
import { planOf } from '../core/decide/branch-plan.ts'
import type { Entry, EventBody } from '../core/log/event.ts'
import { focus } from '../core/log/state.ts'
import { performEffect } from '../perform/perform-effect.ts'
import type { World } from '../perform/world.ts'
import type { Drive } from './drive-options.ts'
import { workflowOf } from './load/loaded-workflow.ts'

const CANCEL_POLL_MS = 500

/** What is under way outside. */
export interface Desk {
  /** Starts what is not under way yet. */
  start(effects: readonly Effect[]): void
  /** The next event that comes back; null when it is only time to look for a cancel mark. */
  next(): Promise<Entry | null>
  isEmpty(): boolean
  /** Aborts everything under way. */
  cancel(): void
}

/** What came back; null when it was given up because the run is parked. */
interface Arrival {
  readonly key: string
  readonly event: Entry | null
}

/** Starts effects once each and hands back what comes of them, in the order of arrival. */
export function createDesk(options: Drive): Desk {
  const tools = new AbortController()
  // Model calls and waits are also given up when the run is only parked: nothing is lost by it.
  const others = new AbortController()
  const park = (): void => others.abort()
  options.signal.addEventListener('abort', park, { once: true })
  // An effect stays under way until its event is handed over, so that none is started twice.
  const underWay = new Set<string>()
  const inbox: Arrival[] = []
  let wake: (() => void) | null = null
  // One timer for the desk: setting one for every wait costs more than most waits do.
  let poll: NodeJS.Timeout | null = null
  const kept = (isTool: boolean): boolean => isTool || !others.signal.aborted
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
        const world = worldOf(options, effect, isTool ? tools.signal : others.signal)
        performEffect(effect, world).then(
          (event) => arrive({ key, event: kept(isTool) ? inBranch(event, effect.branch) : null }),
          // A performer never rejects; if one does it is a bug, and the run must say so.
          (error: unknown) =>
            arrive({ key, event: inBranch(broken(effect, error), effect.branch) }),
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

/** What an effect sees: its own branch's plan, state and tools. */
function worldOf(options: Drive, effect: Effect, signal: AbortSignal): World {
  const { fold, plan } = options
  const state = focus(fold.state, effect.branch ?? '')
  const { runners, checks } = workflowOf(options.workflow, fold.state, state.branch)
  return {
    ...options,
    state,
    plan: planOf(plan, fold.state, state.branch),
    runners,
    checks,
    signal,
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
    case 'store-artifact':
      return {
        type: 'tool.failed',
        call: effect.call,
        attempt: effect.attempt,
        error: { code: 'ABORTED', message },
      }
    case 'wait':
      return { type: 'wait.ended', wait: effect.wait }
    case 'run-check': {
      const { call, gate } = effect
      return { type: 'check.failed', call, gate, error: { code: 'internal', message } }
    }
    case 'claim-places': {
      const { call, places } = effect
      const [place = { gate: 'limit', key: '' }] = places
      return { type: 'places.refused', call, place: { gate: place.gate, key: place.key }, message }
    }
    case 'recall-memory':
    case 'keep-memory': {
      const during = effect.type === 'recall-memory' ? 'recall' : 'keep'
      return { type: 'memory.failed', during, error: { code: 'internal', message } }
    }
    case 'deliver-handoff':
      return {
        type: 'handoff.failed',
        attempt: effect.attempt,
        error: { code: 'internal', message },
      }
  }
}
