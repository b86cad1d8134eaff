import type { StateDraft } from './draft.ts'
import { endOf } from '../end-of.ts'
import type { EventOf } from '../event.ts'
import { takeBackHandoff } from './fold-handoff.ts'

/*
 * A log that goes on as another run, or under another definition: what a person granted was bound to
 * the one before (Law 8).
 */

/** A copy is a run of its own: nothing that a person granted to the other holds for it (Law 8). */
export function foldForked(draft: StateDraft, event: EventOf<'run.forked'>): void {
  const { run, family, from, position, by } = event
  draft.run = run
  draft.family = family
  draft.forked = { from, position }
  // Whoever copies a run is no stranger to it: who started it still cannot be its own second approver.
  if (by !== null) draft.by = [...draft.by, by]
  draft.approvals.clear()
  draft.answers = []
  draft.confirmations.clear()
  draft.cancelRequested = false
  draft.rewind = null
  takeBackHandoff(draft)
  if (draft.rest?.reason === 'cancelled') draft.rest = null
  askAnew(draft)
}

/** The run goes on under another definition; what a person was asked, granted or confirmed was for the last. */
export function foldAdopted(draft: StateDraft, event: EventOf<'definition.adopted'>): void {
  draft.digest = event.to
  draft.confirmations.clear()
  if (draft.rest?.reason === 'definition_changed') draft.rest = null
  for (const [id, approval] of draft.approvals) {
    if (approval.status === 'open' || approval.status === 'granted') {
      draft.approvals.set(id, { ...approval, status: 'void' })
    }
  }
  // What has ended stays so: an edit lets nothing go.
  if (endOf(draft) === null) askAnew(draft)
}

/** Held calls are judged anew, and so asked about anew. */
function askAnew(draft: StateDraft): void {
  for (const branch of draft.branches.values()) {
    for (const call of branch.batch) {
      if (call.status !== 'held' && call.status !== 'granted') continue
      call.status = 'waiting'
      call.request = null
      draft.rest = null
      branch.rest = null
    }
  }
}
