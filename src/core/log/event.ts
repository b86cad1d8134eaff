import type { Json, JsonObject } from '../spec/json.ts'

/*
 * What happened, as data. Events are the only truth of a run: state is their fold, the run record
 * and the ledger are readings of them. They are written in the past tense and never change; a new
 * shape gets a new `v` and a line in upcast.ts.
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
}

/** A place taken under a `limit` gate when the call was allowed. */
export interface Reservation {
  readonly gate: string
  readonly key: string
}

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
}

export type LimitName = 'transitions' | 'iterations' | 'calls' | 'tokens' | 'seconds'

/** What an event says, without its place in the log. */
export type EventBody =
  | {
      readonly type: 'run.started'
      readonly run: string
      readonly workflow: string
      readonly digest: string
      readonly input: JsonObject
      /** The stable system prefix as rendered for this run; null when there is none. */
      readonly instructions: string | null
      readonly session: JsonObject
    }
  | { readonly type: 'turn.started'; readonly turn: number; readonly input: JsonObject }
  /** A driver took the run up again; whatever was under way under the one before it is cut off. */
  | { readonly type: 'run.resumed' }
  /** Somebody asked for the end of the run. */
  | { readonly type: 'cancel.requested' }
  | {
      readonly type: 'step.entered'
      readonly step: string
      readonly visit: number
      /** The user's message, where the prompt does not quote it and it was not sent yet. */
      readonly message: string | null
      /** The rendered prompt; null when the last one still stands. */
      readonly prompt: string | null
    }
  | {
      readonly type: 'model.called'
      readonly call: number
      readonly attempt: number
      readonly step: string
      /** Set on the one tool-less answer after a limit. */
      readonly closing: boolean
    }
  | {
      readonly type: 'model.answered'
      readonly call: number
      readonly parts: readonly AnswerPart[]
      readonly finish: FinishReason
      readonly usage: Usage
    }
  | {
      readonly type: 'model.failed'
      readonly call: number
      readonly attempt: number
      readonly error: Failure
    }
  | { readonly type: 'model.retried'; readonly call: number; readonly delayMs: number }
  | {
      readonly type: 'call.judged'
      readonly call: string
      readonly tool: string
      readonly verdict: Verdict
      readonly gates: readonly GateOutcome[]
      /** What the model is told when the verdict is not allow. */
      readonly message?: string
      readonly reservations?: readonly Reservation[]
    }
  | {
      readonly type: 'tool.dispatched'
      readonly call: string
      readonly attempt: number
    }
  | { readonly type: 'tool.returned'; readonly call: string; readonly output: Json }
  | {
      readonly type: 'tool.failed'
      readonly call: string
      readonly attempt: number
      readonly error: Failure
    }
  /** No retry follows: the last failure is this call's one result. */
  | { readonly type: 'call.failed'; readonly call: string; readonly error: Failure }
  | { readonly type: 'tool.retried'; readonly call: string; readonly delayMs: number }
  /** A write may or may not have happened; only a person can say (Law 11). */
  | { readonly type: 'tool.doubted'; readonly call: string; readonly message: string }
  | { readonly type: 'wait.ended'; readonly wait: string }
  | { readonly type: 'output.rejected'; readonly step: string; readonly message: string }
  | {
      readonly type: 'criteria.failed'
      readonly step: string
      readonly failed: readonly string[]
      readonly message: string
    }
  | {
      readonly type: 'step.completed'
      readonly step: string
      readonly visit: number
      /** How the final text is read as the step's output. */
      readonly output: 'text' | 'json'
      /** The final text where it is not the last answer's (`finish`). */
      readonly text?: string
    }
  | {
      readonly type: 'transition.taken'
      readonly from: string
      readonly to: string
      /** Which entry of `next` it was; null for the list's own order. */
      readonly rule: number | null
      readonly when: string | null
    }
  | {
      readonly type: 'limit.reached'
      readonly reason: Reason
      readonly limit: LimitName
      readonly allowed: number
      /** What the model is told before its closing answer. */
      readonly message: string
    }
  | {
      readonly type: 'run.rested'
      readonly reason: Reason
      readonly message: string
      readonly pending?: readonly Pending[]
    }

export type EventType = EventBody['type']

/** An event in its place: `seq` counts from 1 without gaps, `at` is milliseconds since 1970. */
export type Event = EventBody & { readonly v: 1; readonly seq: number; readonly at: number }

/** Picks one kind of event by its type. */
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>
