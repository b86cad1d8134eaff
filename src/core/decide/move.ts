import type { Entry, Reason } from '../log/event.ts'
import type { Effect } from './effect.ts'

/** What `decide` answers: write this down, do this, or rest. */
export type Move =
  | { readonly type: 'record'; readonly events: readonly Entry[] }
  /** Everything that should be under way now; a driver starts what is not yet. */
  | { readonly type: 'perform'; readonly effects: readonly Effect[] }
  | { readonly type: 'rest'; readonly reason: Reason; readonly message: string }

export function record(...events: readonly Entry[]): Move {
  return { type: 'record', events }
}

export function perform(...effects: readonly Effect[]): Move {
  return { type: 'perform', effects }
}

/** Records that the run rests, and why. */
export function rest(reason: Reason, message: string): Move {
  return record({ type: 'run.rested', reason, message })
}
