import type { Event } from '../event.ts'
import type { Handoff } from '../handoff.ts'

/** The packet of a run as machines read it: what it lacks, and how its delivery stands. */
export interface HandoffRecord extends Handoff {
  /** Of the event that holds it. */
  readonly seq: number
  readonly missing: readonly string[]
  /** Null where none was tried. */
  readonly delivery: {
    readonly delivered: boolean
    readonly attempts: number
    readonly error?: { readonly code: string; readonly message: string }
  } | null
}

/** Reads the newest packet that stands from a log; null when the run was never handed over (S2.11). */
export function handoffRecord(events: Iterable<Event>): HandoffRecord | null {
  let found: HandoffRecord | null = null
  for (const event of events) found = read(found, event)
  return found
}

function read(found: HandoffRecord | null, event: Event): HandoffRecord | null {
  switch (event.type) {
    case 'handoff.compiled': {
      const { packet, missing, seq } = event
      return { ...packet, seq, missing, delivery: null }
    }
    case 'handoff.delivered':
      return found && { ...found, delivery: { delivered: true, attempts: event.attempt } }
    case 'handoff.failed': {
      const { code, message } = event.error
      const delivery = { delivered: false, attempts: event.attempt, error: { code, message } }
      return found && { ...found, delivery }
    }
    // The matter goes on elsewhere: what was handed over is none any more.
    case 'run.rewound':
    case 'run.forked':
      return null
    default:
      return found
  }
}
