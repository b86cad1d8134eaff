import type { Failure } from './event-parts.ts'
import type { RecalledNote } from './memory.ts'

/*
 * What a run has of memory: notes of earlier runs, and what it keeps for later ones (S0.21).
 */

export type MemoryEvent =
  /** Notes of the record, at the beginning of a run or sub-run; they enter its transcript as data. */
  | {
      readonly type: 'memory.recalled'
      readonly record: string
      readonly items: readonly RecalledNote[]
    }
  /** What the turn left in memory, by id; the same again keeps nothing twice. */
  | {
      readonly type: 'memory.kept'
      readonly record: string
      readonly ids: readonly string[]
      /** Up to which event its words and results are kept. */
      readonly upTo: number
    }
  /** The memory did not answer; the run goes on without it. */
  | {
      readonly type: 'memory.failed'
      readonly during: 'recall' | 'keep'
      readonly error: Failure
    }
