import type { Json } from '../spec/json.ts'
import type { Failure, GateOutcome } from './event.ts'
import type { VerificationReport } from './decision.ts'
import type { Source } from './origins.ts'
import type { HandedArtifact } from './reference.ts'

/*
 * One call of a message, from the moment it is made to its one result.
 */

/** Where a call of the current batch stands. */
export type CallStatus =
  /** Not looked at yet. */
  | 'waiting'
  /** Allowed, and sent to whoever executes it. */
  | 'dispatched'
  /** Failed in a way that its retry rule covers; the wait before the next dispatch runs. */
  | 'retrying'
  /** The wait is over, or a driver died before its dispatch was answered. */
  | 'due'
  /** Held for a person by an approve or escalate verdict. */
  | 'held'
  /** A person let it go: it is judged again before it runs (Law 8). */
  | 'granted'
  /** A write that may or may not have happened. */
  | 'doubted'
  /** Its one result is known: an output, an error, a refusal. */
  | 'settled'

export interface BatchCall {
  readonly id: string
  readonly tool: string
  readonly args: Json
  readonly status: CallStatus
  readonly attempt: number
  /** True while dispatched under a driver that is gone. */
  readonly cut: boolean
  /** How many of its attempts were cut off with their driver; they use up no retry. */
  readonly cuts: number
  readonly delayMs: number
  /** When a wait for its retry is over, in milliseconds since 1970; also for the next driver. */
  readonly dueAt: number
  readonly result:
    | { readonly ok: true; readonly output: Json }
    | { readonly ok: false; readonly error: Failure }
    | null
  /** The last failure, while its retry is being decided or waited for. */
  readonly failure: Failure | null
  /** The gate that holds it for a person. */
  readonly held: GateOutcome | null
  /** All gates that ask for an approval of it. */
  readonly asking: readonly GateOutcome[]
  /** The approval request that was made for it. */
  readonly request: string | null
  /** What the functions of its gates' `check` answered, by gate. */
  readonly checks: ReadonlyMap<string, CheckAnswer>
  /** True once the places that it reserved are its own among all forks. */
  readonly claimed: boolean
  /** The sub-run that executes it, once it has begun. */
  readonly subRun: string | null
  /** The call whose effect this one takes back; null for a call that a model made. */
  readonly undoes: string | null
  /** Who writes its result; null for a trusted tool. */
  readonly source: Source | null
  /** True once a composer wrote the `content` among its arguments (S4.7). */
  readonly composed: boolean
  /** The version that it stored, while its verifier has its say. */
  readonly stored: { readonly artifact: string; readonly version: number } | null
  readonly report: VerificationReport | null
  /** True while its arguments may hold references that were not looked up. */
  readonly references: boolean
  /** Artifacts that it is handed when it runs. */
  readonly artifacts: readonly HandedArtifact[]
  /** The slots that its answers filled; null before the first answer. */
  readonly filled: readonly string[] | null
}

/** What the function of a gate's `check` said of one call. */
export type CheckAnswer =
  | { readonly ok: true; readonly holds: boolean; readonly reason: string }
  | { readonly ok: false; readonly error: Failure }
