import type { Site, StateDraft } from './draft.ts'
import type { EventOf } from '../event.ts'

/*
 * How a handoff changes the state. A packet is the whole run's, whichever branch it was compiled in:
 * nothing else goes on, and the run itself delivers it and rests.
 */

/** Takes the packet; the run and its sub-runs stay where they are. */
export function foldCompiled({ draft }: Site, event: EventOf<'handoff.compiled'>): void {
  const { packet, missing, seq } = event
  const fresh = { delivery: 'none', attempt: 0, tries: 0, error: null, filled: null } as const
  const { where } = draft.branch
  const before = where.at === 'handoff' ? (draft.handoff?.before ?? where) : where
  draft.handoff = { packet, missing, seq, before, ...fresh }
  draft.branch.where = { at: 'handoff' }
}

/** Whoever got the packet has nothing to do with this run any more: it stands where it stood before. */
export function takeBackHandoff(draft: StateDraft): void {
  if (draft.handoff !== null && draft.branch.where.at === 'handoff') {
    draft.branch.where = draft.handoff.before
  }
  draft.handoff = null
}

/** Takes what a person filled in: the run looks at its packet again. */
export function foldFilled({ draft }: Site, event: EventOf<'handoff.filled'>): void {
  const { handoff } = draft
  if (handoff === null) return
  draft.handoff = { ...handoff, filled: { ...handoff.filled, ...event.fields } }
  draft.branch.where = { at: 'handoff' }
  draft.rest = null
}

/** Notes how an attempt to deliver the packet came out. */
export function foldDelivery(
  { draft }: Site,
  event: EventOf<'handoff.delivered' | 'handoff.failed'>,
): void {
  const { handoff } = draft
  if (handoff === null) return
  const { attempt } = event
  draft.handoff =
    event.type === 'handoff.delivered'
      ? { ...handoff, attempt, delivery: 'delivered', error: null }
      : { ...handoff, attempt, tries: handoff.tries + 1, delivery: 'failed', error: event.error }
}

/** The wait before the next attempt is over. */
export function foldDeliveryDue(draft: StateDraft): void {
  if (draft.handoff !== null) draft.handoff = { ...draft.handoff, delivery: 'due' }
}

/** A packet that nobody took is delivered again when somebody resumes the run. */
export function deliverAgain(draft: StateDraft): void {
  const { handoff, rest } = draft
  const over = rest?.reason === 'handed_off' || rest?.reason === 'escalated'
  if (!over || handoff?.delivery !== 'failed') return
  draft.handoff = { ...handoff, delivery: 'due', tries: 0 }
  draft.branch.where = { at: 'handoff' }
  draft.rest = null
}
