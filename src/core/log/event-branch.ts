import type { AppliedGuidelines } from '../spec/guideline/guideline.ts'
import type { Json, JsonObject } from '../spec/json.ts'
import type { Failure, Reason, Reservation } from './event-parts.ts'

/*
 * How a log branches and goes back: sub-runs (Law 18), checkpoints, rewinding, forks, and the word
 * of functions that gates ask.
 */

/** How one item of a fan-out came out. */
export type Outcome =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly reason: Reason; readonly message: string }

/** A write that lies behind a checkpoint. */
export interface WriteNamed {
  readonly call: string
  readonly tool: string
  readonly args: Json
  /** Why it cannot be taken back. */
  readonly why?: string
}

export type BranchEvent =
  /** A sub-run begins; the event's `branch` is its name. It ends with its own `run.rested`. */
  | {
      readonly type: 'branch.started'
      /** The branch that waits for it; '' is the run itself. */
      readonly parent: string
      /** The call that it executes, or null for an item of an `each` step. */
      readonly call: string | null
      readonly item: number | null
      /** Under which name the parent's plan knows its workflow. */
      readonly workflow: string
      readonly digest: string
      readonly input: JsonObject
      /** False when a model wrote the input: gates of the sub-run then do not read it (Law 3). */
      readonly trusted: boolean
      readonly instructions: string | null
      /** The guidelines that these hold. */
      readonly guidelines?: AppliedGuidelines
    }
  /** A step fans out over these items. */
  | {
      readonly type: 'items.listed'
      readonly step: string
      readonly items: readonly Json[]
      readonly trusted: boolean
    }
  /** All sub-runs of the step have ended; the message is what the history gets of them, once. */
  | {
      readonly type: 'items.joined'
      readonly step: string
      readonly outcomes: readonly Outcome[]
      readonly message: string
    }
  /** What the function of a gate's `check` answered. */
  | {
      readonly type: 'check.answered'
      readonly call: string
      readonly gate: string
      readonly holds: boolean
      readonly reason: string
    }
  | {
      readonly type: 'check.failed'
      readonly call: string
      readonly gate: string
      readonly error: Failure
    }
  /** The places that a call needs are its own among all forks of the run. */
  | { readonly type: 'places.claimed'; readonly call: string }
  | {
      readonly type: 'places.refused'
      readonly call: string
      readonly place: Reservation
      readonly message: string
    }
  | { readonly type: 'checkpoint.made'; readonly name: string }
  /** Somebody, or a step's `fail`, asks to go back. */
  | { readonly type: 'rewind.requested'; readonly to: string; readonly by: string | null }
  | { readonly type: 'rewind.refused'; readonly to: string; readonly reason: string }
  /** The way back begins: these writes are to be taken back in this order, those will stand. */
  | {
      readonly type: 'rewind.started'
      readonly to: string
      readonly position: number
      readonly undo: readonly WriteNamed[]
      readonly keep: readonly WriteNamed[]
      /** The approval under which those stand. */
      readonly grant?: string
    }
  /** The undo of one committed write, as a call of the kernel's own. */
  | {
      readonly type: 'undo.called'
      readonly call: string
      /** The call whose effect it takes back. */
      readonly of: string
      readonly tool: string
      readonly args: Json
    }
  /** The branch stands again where it stood after the event at `position`; the log keeps what happened since. */
  | {
      readonly type: 'run.rewound'
      readonly to: string
      readonly position: number
      /** Calls whose effect was taken back, and those that stand (accepted by a person). */
      readonly undone: readonly string[]
      readonly kept: readonly string[]
      /** What the model is told of it, where a step's failure led back. */
      readonly message?: string
    }
  /** A step could not be completed, and its `fail` says how to go on. */
  | {
      readonly type: 'step.failed'
      readonly step: string
      readonly reason: Reason
      readonly message: string
    }
  /** This log is a copy of another's first events; no grant came along. */
  | {
      readonly type: 'run.forked'
      readonly run: string
      readonly from: string
      readonly position: number
      /** The first of all the runs that share places under `limit` gates. */
      readonly family: string
      readonly by: string | null
    }
  /** Another run was made of this one's first events. */
  | { readonly type: 'fork.made'; readonly run: string; readonly position: number }
  /** The run goes on under an edited definition (Law 13). */
  | {
      readonly type: 'definition.adopted'
      readonly from: string
      readonly to: string
      /** Steps that it can still reach and that differ; empty when nothing reachable changed. */
      readonly differing: readonly string[]
      readonly by: string | null
    }
