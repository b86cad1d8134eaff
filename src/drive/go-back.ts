import type { Entry } from '../core/log/event.ts'
import type { Fold } from '../core/log/fold/fold.ts'
import { LockstepError } from './lockstep-error.ts'
import { notWaiting } from './first-events.ts'

/*
 * Checkpoints, and the wish to go back to one, as first events: whether it can be done is the
 * kernel's to say, and the log's to keep.
 */

/** A place to which a run can go back. */
export interface CheckpointShown {
  /** `start`, the step and its visit (`triage#1`), or the name that somebody gave it. */
  readonly name: string
  /** The event after which the run stands there again. */
  readonly seq: number
  /** The step that it lies after; null for the very start. */
  readonly step: string | null
  /** Milliseconds since 1970 of that event. */
  readonly at: number
}

export interface RewindOptions {
  /** The name of a checkpoint, or of a step: its newest visit. */
  readonly to: string
  readonly by?: string
  /** The sub-run that goes back; the run itself when left out. */
  readonly branch?: string
}

/** The places to which a run can go back now, the oldest first (S1.12). */
export function checkpointsOf(
  { state }: Fold,
  timeOf: (seq: number) => number,
): readonly CheckpointShown[] {
  return state.branch.checkpoints.map(({ name, seq, step }) => ({
    name,
    seq,
    step,
    at: timeOf(seq),
  }))
}

/** The wish to go back, of a run at rest: whatever is under way elsewhere cannot be taken back. */
export function rewindEvents(fold: Fold, { to, by, branch }: RewindOptions): readonly Entry[] {
  const { state } = fold
  if (state.rest === null) throw notWaiting(fold, 'going back: resume or cancel it first')
  const known = [...state.branches.keys()]
  if (branch !== undefined && !known.includes(branch)) {
    const legal = known.filter((id) => id !== '').join(', ')
    const hint = legal === '' ? 'it has none' : `it has ${legal}`
    throw new LockstepError('not_waiting', `run ${state.run} has no sub-run ${branch}; ${hint}`)
  }
  const { rewind } = state
  if (rewind !== null && rewind.position !== null && rewind.branch !== (branch ?? '')) {
    const who = rewind.branch === '' ? 'the run itself' : `sub-run ${rewind.branch}`
    const first = `another way back: ${who} is on its way to ${rewind.to}; have that done first`
    throw notWaiting(fold, first)
  }
  const wish: Entry = { type: 'rewind.requested', to, by: by ?? null }
  return [branch === undefined || branch === '' ? wish : { ...wish, branch }]
}

/** A name for the place where a run rests, between two steps. */
export function checkpointEvents(fold: Fold, name: string): readonly Entry[] {
  const { rest, branch } = fold.state
  if (name.trim() === '') throw new LockstepError('invalid_input', 'a checkpoint needs a name')
  if (rest === null || branch.where.at !== 'leaving') {
    throw notWaiting(fold, 'a checkpoint: it is made at rest, between two steps')
  }
  return [{ type: 'checkpoint.made', name }]
}
