import type { Json, JsonObject } from '../spec/json.ts'
import type { ApprovalRequest } from './event-person.ts'
import type { WriteNamed } from './event-branch.ts'
import type { EventOf, Failure, Reservation } from './event.ts'
import type { Branch, Rest, Where } from './branch.ts'
import type { Handoff } from './handoff.ts'
import type { Readable } from './deferred.ts'
import type { Written } from './origins.ts'

/*
 * What a run has come to: the fold of its log. Readers see it as read-only; only fold.ts, which owns
 * the draft, changes it. Everything a rule needs is here or in the plan, and nothing is derived
 * twice, so that folding one more event costs the same at event 10 and at event 10,000 (Law 10).
 */

/** One person's yes to a request. */
export interface Grant {
  readonly by: string
  /** The event that says so. */
  readonly seq: number
  /** Positions of what the request needs to which it counts. */
  readonly covers: readonly number[]
}

/** An approval request and what became of it. */
export interface Approval {
  readonly request: ApprovalRequest
  /** The branch whose call it is about. */
  readonly branch: string
  /** `granted` lets its call be judged again; `used` once it was allowed by it. */
  readonly status: 'open' | 'granted' | 'used' | 'denied' | 'expired' | 'void'
  /** Who approved so far. */
  readonly granted: readonly Grant[]
}

/** A tool that keeps failing. */
export interface Breaker {
  /** Failures in a row. */
  readonly failures: number
  /** Time of the last one. */
  readonly at: number
}

/** A message of the user, and the event that holds it. */
export interface Said {
  readonly seq: number
  readonly text: string
}

/** A wish to go back that is being looked at, or carried out. */
export interface Rewind {
  readonly to: string
  readonly by: string | null
  /** The branch that goes back. */
  readonly branch: string
  /** The request under which a person accepts what cannot be taken back. */
  readonly request: string | null
  /** Where the branch stood, and for what it and the run rested: so again if it is refused. */
  readonly before: {
    readonly where: Where
    readonly branchRest: Rest | null
    readonly rest: Rest | null
  }
  /** The place in the log; null until the way back has begun. */
  readonly position: number | null
  /** What is to be taken back, the newest first. */
  readonly undo: readonly WriteNamed[]
  /** How many of these were taken back so far, in their order. */
  readonly undone: number
  /** What cannot be taken back and stands. */
  readonly keep: readonly WriteNamed[]
}

/** A model call, whether it is answered yet or not. */
export interface AskedCall {
  readonly step: string
  readonly role: string
  readonly branch: string
  /** The nearest item of a fan-out that it is for, counted from 0. */
  readonly item: number | null
  readonly attempts: number
  readonly answered: boolean
}

export interface State {
  readonly run: string
  readonly workflow: string
  readonly digest: string
  readonly seq: number
  /** The time of the last event: what `$.now` reads (Law 9). */
  readonly at: number
  readonly session: JsonObject
  /** Who started it, and who made this copy of it: none of them is one of two approvers. */
  readonly by: readonly string[]
  readonly model: string | null
  /** The first of the runs that share places under `limit` gates; null for a run without forks. */
  readonly family: string | null
  /** Of a fork: the run that it copied, and up to which event; that run's writes are not its own. */
  readonly forked: { readonly from: string; readonly position: number } | null
  readonly turn: number
  /** What the user wrote, turn by turn: for whoever takes over. */
  readonly said: readonly Said[]
  readonly rest: Rest | null
  readonly cancelRequested: boolean
  /** Time spent, waiting at rest and gaps between drivers excluded. */
  readonly activeMs: number
  readonly modelCalls: number
  /** Every model call so far, in order: what a script needs to find its place. */
  readonly asked: readonly AskedCall[]
  readonly callIds: ReadonlySet<string>
  /** Calls that hold a place under a `limit` gate, by gate and key. */
  readonly reservations: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** The places that a call holds, by its id. */
  readonly places: ReadonlyMap<string, readonly Reservation[]>
  readonly approvals: ReadonlyMap<string, Approval>
  /** What people answered and nobody has judged yet, in order. */
  readonly answers: readonly EventOf<'approval.answered'>[]
  /** Confirmations by the user that no call has used up, by tool and arguments. */
  readonly confirmations: ReadonlyMap<string, number>
  /** What the user stated, as gates read it: `$.user.KIND`. */
  readonly user: Readonly<Record<string, { readonly latest?: Json; readonly all: readonly Json[] }>>
  readonly breakers: ReadonlyMap<string, Breaker>
  /** The user's own words, of all turns: what no `clean` gate asks about. */
  readonly own: Readable<readonly Written[]>
  readonly rewind: Rewind | null
  /** By call, the kernel's own call that takes it back: the same again when it is tried again. */
  readonly undos: ReadonlyMap<string, string>
  readonly handoff: HandoffState | null
  /** Artifacts that the gate refused, in the whole run; a rewind forgets none (S4.25). */
  readonly rejections: number
  /** Every branch by id, the run itself under ''. */
  readonly branches: ReadonlyMap<string, Branch>
  /** Branches that have not ended, in the order in which they began. */
  readonly active: readonly string[]
  /** The branch that is looked at; the run itself unless `focus` chose another. */
  readonly branch: Branch
}

/** The packet and how its delivery stands. */
export interface HandoffState {
  readonly packet: Handoff
  readonly missing: readonly string[]
  /** Of the event that holds the packet; its delivery is named by it. */
  readonly seq: number
  readonly delivery: 'none' | 'due' | 'failed' | 'delivered'
  /** Attempts in all, and since a person last asked for one. */
  readonly attempt: number
  readonly tries: number
  /** Why the last attempt failed. */
  readonly error: Failure | null
  /** Where the run stood. */
  readonly before: Where
  /** What a person filled in and no packet holds yet. */
  readonly filled: JsonObject | null
}

/** The same state, looked at from a branch: rules read `state.branch` and need not know which it is. */
export function focus(state: State, id: string): State {
  if (id === state.branch.id) return state
  const branch = state.branches.get(id)
  if (branch === undefined) throw new RangeError(`there is no branch ${id}`)
  return { ...state, branch }
}
