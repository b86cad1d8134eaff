import type { Json, JsonObject } from '../spec/json.ts'
import type { ApprovalRequest } from './event-person.ts'
import type { EventOf, Reservation } from './event.ts'
import type { Branch, Rest } from './branch.ts'
import type { Handoff } from './handoff.ts'

/*
 * What a run has come to: the fold of its log. Readers see it as read-only; only fold.ts, which owns
 * the draft, changes it. Everything a rule needs is here or in the plan, and nothing is derived
 * twice, so that folding one more event costs the same at event 10 and at event 10,000 (Law 10).
 */

/** An approval request and what became of it. */
export interface Approval {
  readonly request: ApprovalRequest
  /** `granted` lets its call be judged again; `used` once it was allowed by it. */
  readonly status: 'open' | 'granted' | 'used' | 'denied' | 'expired' | 'void'
  /** Who approved so far. */
  readonly granted: readonly string[]
}

/** A tool that keeps failing. */
export interface Breaker {
  /** Failures in a row. */
  readonly failures: number
  /** Time of the last one. */
  readonly at: number
}

/** A wish to go back that is being looked at, or carried out. */
export interface Rewind {
  readonly to: string
  readonly by: string | null
  /** The branch that goes back. */
  readonly branch: string
  /** The request under which a person accepts what cannot be taken back. */
  readonly request: string | null
  /** Calls whose effect was taken back so far. */
  readonly undone: readonly string[]
  /** Calls whose effect could not be taken back and stands. */
  readonly kept: readonly string[]
}

export interface State {
  readonly run: string
  readonly workflow: string
  readonly digest: string
  readonly seq: number
  /** The time of the last event: what `$.now` reads (Law 9). */
  readonly at: number
  readonly session: JsonObject
  readonly by: string | null
  readonly model: string | null
  /** The first of the runs that share places under `limit` gates; null for a run without forks. */
  readonly family: string | null
  readonly turn: number
  readonly rest: Rest | null
  readonly cancelRequested: boolean
  /** Time spent, waiting at rest and gaps between drivers excluded. */
  readonly activeMs: number
  readonly modelCalls: number
  readonly answered: readonly { readonly step: string; readonly role: string }[]
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
  readonly rewind: Rewind | null
  readonly handoff: HandoffState | null
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
  readonly delivery: 'none' | 'due' | 'failed' | 'delivered' | 'given-up'
  readonly attempt: number
}

/** The same state, looked at from a branch: rules read `state.branch` and need not know which it is. */
export function focus(state: State, id: string): State {
  if (id === state.branch.id) return state
  const branch = state.branches.get(id)
  if (branch === undefined) throw new RangeError(`there is no branch ${id}`)
  return { ...state, branch }
}
