import type { SlotType } from '../spec/chain-spec.ts'
import type { Json, JsonObject } from '../spec/json.ts'

/*
 * What events are made of: verdicts, failures, pieces of messages, reasons.
 */

/** Why a run rests: closed, never a bare stop (Law 7). */
export const REASONS = [
  'completed',
  'needs_client',
  'needs_input',
  'needs_approval',
  'escalated',
  'handed_off',
  'refused',
  'step_transition_limit_exceeded',
  'iteration_limit_exceeded',
  'budget_exceeded',
  'criteria_unmet',
  'transition_failed',
  'definition_changed',
  'store_artifact_loop_abort',
  'verification_failed',
  'tool_failed',
  'tool_in_doubt',
  'model_failed',
  'invalid_output',
  'expired',
  'cancelled',
  'fail_safe',
] as const

export type Reason = (typeof REASONS)[number]

/** What a gate, or all gates together, say of one call. */
export type Verdict = 'allow' | 'refuse' | 'approve' | 'escalate'

/** One gate's answer on one call; a ledger line. */
export interface GateOutcome {
  readonly gate: string
  readonly verdict: Verdict
  readonly reason: string
  /** Sequence numbers of the facts that it read: the newest few, ascending. */
  readonly facts?: readonly number[]
  /** True when nothing but the user's confirmation is missing. */
  readonly confirm?: true
  /** Of one that asks: which of its rules do not hold. A grant is for these and no others (Law 8). */
  readonly rules?: readonly string[]
}

/** A place taken under a `limit` gate when the call was allowed. */
export interface Reservation {
  readonly gate: string
  readonly key: string
}

/** What a wrong outcome of a tool is about; what a model or a rule should do differs by it. */
export type FailureCategory = 'transient' | 'validation' | 'business' | 'permission'

/** How much harm a call can do; a model's own word may raise it, never lower it (Law 15). */
export type Risk = 'low' | 'medium' | 'high'

/** Tokens of one model call. `cached` are those of `input` that the provider read from its cache. */
export interface Usage {
  readonly input: number
  readonly output: number
  readonly cached: number
}

/** A piece of a model's message. `options` is what its provider wants back with it, untouched. */
export type AnswerPart =
  | { readonly type: 'text'; readonly text: string; readonly options?: JsonObject }
  | { readonly type: 'reasoning'; readonly text: string; readonly options?: JsonObject }
  | {
      readonly type: 'call'
      readonly id: string
      readonly tool: string
      /** Parsed arguments; a string only when the model's text was no JSON. */
      readonly args: Json
      readonly options?: JsonObject
    }

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/** Why something outside failed, in words for a model or a person and a code for rules. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly category?: FailureCategory
  /** Seconds to wait before a retry, when the other side said so. */
  readonly retryAfterSeconds?: number
  /** False only when the tool is known not to have run (Law 11, `limit`). */
  readonly executed?: boolean
  /** What else the other side said of it; a retry rule's `after` reads here. */
  readonly details?: JsonObject
  /** True when the same request may succeed later. */
  readonly retryable?: boolean
}

/** A call that waits for somebody outside. */
export interface Pending {
  readonly call: string
  readonly tool: string
  readonly args: Json
  readonly gate?: string
  readonly question?: string
  /** The sub-run that it belongs to; absent for the run's own. */
  readonly branch?: string
  /** The approval request that would let it run. */
  readonly request?: string
  /** True when the user's confirmation would let it run as well. */
  readonly confirm?: true
  /** The slots that are asked for; with no `call`, by the kernel itself (S4.33). */
  readonly slots?: readonly AskedSlot[]
}

/** One slot as whoever answers is asked for it. */
export interface AskedSlot {
  readonly name: string
  readonly type: SlotType
  readonly question: string
  readonly options?: readonly string[]
  readonly required: boolean
  /** JSON Schema keywords that the value must fit beyond its type. */
  readonly validation?: JsonObject
  /** Why the last answer was not taken. */
  readonly error?: string
}

/** What a model call may cost at most, held back from the budgets while it is under way. */
export interface ModelReserve {
  readonly tokens: number
  readonly usd: number
  /** Tokens that the answer may have. */
  readonly answer: number
}

export type LimitName = 'transitions' | 'iterations' | 'calls' | 'tokens' | 'usd' | 'seconds'

/** What a budget is counted over: one visit of a step, one turn, a run or sub-run. */
export type LimitSpan = 'step' | 'turn' | 'run'
