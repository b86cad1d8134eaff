import type { Event, EventOf } from '../event.ts'

/*
 * Why a run rests, read from its log alone: the last word of `run.rested` that nothing since has
 * taken back.
 */

/** What a resumption looks at again. */
const AGAIN: ReadonlySet<string> = new Set([
  'model_failed',
  'expired',
  'needs_approval',
  'definition_changed',
])

/** Why a run rests that was asked about under another name or definition: it is asked anew. */
const ASKED: ReadonlySet<string> = new Set(['needs_approval', 'definition_changed', 'cancelled'])

type Rested = EventOf<'run.rested'>

/** The rest that stands at the end of a log; null while the run is under way. */
export function standingRest(events: readonly Event[]): Rested | null {
  let rest: Rested | null = null
  for (const event of events) rest = restAfter(rest, event)
  return rest
}

/** The rest that stands after one event more. */
export function restAfter(rest: Rested | null, event: Event): Rested | null {
  switch (event.type) {
    case 'run.rested':
      return event.branch === undefined ? event : rest
    case 'tool.returned':
    case 'tool.failed':
    case 'call.failed':
    case 'slots.rejected':
    case 'turn.started':
    case 'cancel.requested':
    case 'handoff.filled':
    case 'rewind.started':
    case 'approval.denied':
    case 'approval.expired':
      return null
    case 'run.resumed':
      return AGAIN.has(rest?.reason ?? '') ? null : rest
    case 'approval.granted':
      return event.left === 0 ? null : rest
    case 'run.forked':
    case 'definition.adopted':
      return ASKED.has(rest?.reason ?? '') ? null : rest
    default:
      return rest
  }
}
