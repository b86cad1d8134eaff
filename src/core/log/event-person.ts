import type { Json, JsonObject } from '../spec/json.ts'
import type { Failure } from './event-parts.ts'
import type { Handoff } from './handoff.ts'

/*
 * What people say of a run and what is concluded from it: facts that a user states, confirmations,
 * approvals, handoffs. What somebody said is one event; what the kernel made of it is another, so
 * that a forged or late word is in the ledger too (Law 8).
 */

/** So many different people with one of these names or roles must approve. */
export interface ApprovalNeed {
  readonly approvers: number
  /** Names or roles; anybody when empty. */
  readonly by: readonly string[]
}

/** What is asked of a person before a call may run; bound to exactly this call (Law 8). */
export interface ApprovalRequest {
  /** Names run, call, tool, arguments and definition at once. */
  readonly id: string
  readonly call: string
  readonly tool: string
  readonly args: Json
  /** Hash of the canonical arguments. */
  readonly hash: string
  readonly digest: string
  /** The gates that ask. */
  readonly gates: readonly string[]
  /** The rules of each that do not hold: a yes is to these and to no more. Absent in old logs. */
  readonly asked?: readonly { readonly gate: string; readonly rules: readonly string[] }[]
  /** What will happen, in words. */
  readonly about: string
  /** Which things it touches: argument paths and their values. */
  readonly entities: readonly { readonly path: string; readonly value: Json }[]
  /** The tool that takes it back; null when it cannot be taken back. */
  readonly undo: string | null
  /** What every gate that asks wants, taken together; all of it must be met. */
  readonly needs: readonly ApprovalNeed[]
  /** How many different people must approve, at most. */
  readonly approvers: number
  /** Names or roles of those who may; anybody when empty. */
  readonly by: readonly string[]
  /** Milliseconds since 1970; null when it does not expire. */
  readonly expiresAt: number | null
  /** True when a confirmation by the user answers it as well. */
  readonly confirm: boolean
}

export type PersonEvent =
  /** Something that the user stated, as a fact that gates may read (`$.user.KIND`). */
  | { readonly type: 'user.stated'; readonly kind: string; readonly facts: JsonObject }
  /** The user's yes to exactly this tool with these arguments; used up by one call of the branch that asked, or that it names; else of the run itself. */
  | { readonly type: 'user.confirmed'; readonly tool: string; readonly args: Json }
  | { readonly type: 'approval.requested'; readonly request: ApprovalRequest }
  /** What somebody answered to a request; nothing is concluded yet. */
  | {
      readonly type: 'approval.answered'
      readonly request: string
      readonly decision: 'approve' | 'deny'
      readonly by: string
      readonly roles: readonly string[]
      readonly reason: string
      /** The arguments that the approver saw, where the client says so. */
      readonly args?: Json
    }
  /** The answer counts; `left` more are needed. */
  | {
      readonly type: 'approval.granted'
      readonly request: string
      readonly call: string
      readonly by: string
      readonly reason: string
      readonly left: number
      /** Positions in the request's `needs` to which it counts. */
      readonly covers: readonly number[]
    }
  /** The answer does not count: unknown, late, repeated, of the wrong person. */
  | {
      readonly type: 'approval.refused'
      readonly request: string
      readonly by: string
      readonly reason: string
    }
  | {
      readonly type: 'approval.denied'
      readonly request: string
      readonly call: string
      readonly by: string
      readonly reason: string
      /** What the model is told. */
      readonly message: string
    }
  /** The request's time is over before it was answered or used. */
  | { readonly type: 'approval.expired'; readonly request: string; readonly call: string }
  /** The packet for a person; complete when nothing is missing. */
  | {
      readonly type: 'handoff.compiled'
      readonly packet: Handoff
      readonly missing: readonly string[]
    }
  /** A person gave what the packet lacked. */
  | { readonly type: 'handoff.filled'; readonly fields: JsonObject; readonly by: string | null }
  | { readonly type: 'handoff.delivered'; readonly attempt: number }
  | { readonly type: 'handoff.failed'; readonly attempt: number; readonly error: Failure }
