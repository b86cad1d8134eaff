import type { Event } from '../core/log/event.ts'
import { fold } from '../core/log/fold/fold.ts'
import { upcast } from '../core/log/upcast.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Store } from '../store/store.ts'
import { LockstepError } from './lockstep-error.ts'

/**
 * Writes a log that was kept elsewhere into a store, as it is, and gives the run's id. Throws a
 * LockstepError `run_exists`, `newer_log`, or `definition_changed` where the log is another
 * definition's; then nothing is written.
 */
export async function importEvents(given: {
  readonly store: Store
  readonly plan: Plan
  readonly events: readonly Event[]
  readonly source: string | null
}): Promise<string> {
  const { store, plan, source } = given
  const events = given.events.map((stored) => {
    const read = upcast(stored)
    if (!read.ok) throw new LockstepError('newer_log', read.message)
    return read.event
  })
  const state = fold(plan.histories, events)
  const { run } = state
  if (state.digest !== plan.digest) {
    const message = `run ${run} goes by ${state.digest}, and this workflow is ${plan.digest}`
    throw new LockstepError('definition_changed', message)
  }
  const exists = new LockstepError('run_exists', `there is a run ${run} already`)
  const lease = await store.tryAcquire(run)
  if (lease === null) throw exists
  try {
    if ((await store.find(run)) !== null) throw exists
    await store.append({
      lease,
      expected: 0,
      events,
      head: {
        workflow: plan.name,
        digest: state.digest,
        source,
        reason: state.rest?.reason ?? null,
        step: state.branch.step,
      },
      sync: false,
    })
  } finally {
    await lease.release()
  }
  return run
}
