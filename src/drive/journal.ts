import { planOf } from '../core/decide/branch-plan.ts'
import type { Entry, Event } from '../core/log/event.ts'
import type { State } from '../core/log/state.ts'
import { EVENT_VERSION } from '../core/log/upcast.ts'
import { hideSecrets } from '../perform/secret/hide-secrets.ts'
import type { Drive } from './drive-options.ts'

/** What is recorded and not yet committed. */
export interface Journal {
  record(events: readonly Entry[]): void
  /** Commits what was recorded; true when the run should be cancelled. */
  commit(): Promise<boolean>
}

/** Starts a journal: recording folds at once, committing writes all that is pending in one transaction. */
export function createJournal(options: Drive): Journal {
  const { fold, store, lease, clock, plan, vault } = options
  let pending: Event[] = []
  let freed: string[] = []
  return {
    record(bodies) {
      const at = clock.now()
      for (const given of bodies) {
        const body = vault === null ? given : hideSecrets(given, { vault, plan, state: fold.state })
        const free = freedBy(fold.state, body)
        if (free !== null) freed.push(free)
        const event: Event = { v: EVENT_VERSION, seq: fold.state.seq + 1, at, ...body }
        fold.add(event)
        pending.push(event)
      }
    },
    async commit() {
      const { state } = fold
      const events = pending
      const [first] = events
      if (first === undefined) {
        return (
          state.rest === null && !state.cancelRequested && (await store.cancelRequested(state.run))
        )
      }
      pending = []
      await vault?.save()
      const { cancelRequested } = await store.append({
        lease,
        expected: first.seq - 1,
        events,
        head: {
          workflow: plan.name,
          digest: state.digest,
          source: options.source,
          reason: state.rest?.reason ?? null,
          step: state.branch.step,
        },
        sync: events.some((event) => isWriteDispatch(options, event)),
        ...(state.rest === null || options.sign === undefined ? {} : { sign: options.sign }),
      })
      options.onEvents(events)
      const calls = freed
      freed = []
      for (const call of calls) {
        await store.release({ family: state.family ?? state.run, run: state.run, call })
      }
      // Also of a run that now rests and waits: the wish came while it was under way.
      return cancelRequested && !state.cancelRequested
    },
  }
}

/**
 * The call whose places under `limit` gates an event gives back: one that is known not to have run,
 * or was taken back. Only a run with forks has them in the store.
 */
function freedBy(state: State, event: Entry): string | null {
  if (state.family === null) return null
  if (event.type === 'call.failed') return event.error.executed === false ? event.call : null
  if (event.type !== 'tool.returned') return null
  const branch = state.branches.get(event.branch ?? '') ?? state.branch
  return branch.batch[branch.batchIndex.get(event.call) ?? -1]?.undoes ?? null
}

/** The dispatch of a write must survive a power cut as well (Law 5). */
function isWriteDispatch(options: Drive, event: Event): boolean {
  if (event.type !== 'tool.dispatched') return false
  const { state } = options.fold
  const branch = state.branches.get(event.branch ?? '') ?? state.branch
  const call = branch.batch[branch.batchIndex.get(event.call) ?? -1]
  const plan = planOf(options.plan, state, branch)
  return call === undefined || plan.tools.get(call.tool)?.effect !== 'read'
}
