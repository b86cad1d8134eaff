import type { AppliedGuidelines } from '../spec/guideline/guideline.ts'
import type { Json, JsonObject } from '../spec/json.ts'
import type { Decision } from './decision.ts'
import type { BranchEvent } from './event-branch.ts'
import type { ChainEvent } from './event-chain.ts'
import type { MemoryEvent } from './event-memory.ts'
import type {
  Reason,
  Verdict,
  GateOutcome,
  Reservation,
  Risk,
  Usage,
  AnswerPart,
  FinishReason,
  Failure,
  Pending,
  LimitName,
  LimitSpan,
  ModelReserve,
} from './event-parts.ts'
import type { PersonEvent } from './event-person.ts'
import type { Message } from './message.ts'
import type { Source } from './origins.ts'

export { REASONS } from './event-parts.ts'
export type {
  Reason,
  Verdict,
  GateOutcome,
  Reservation,
  FailureCategory,
  Risk,
  Usage,
  AnswerPart,
  FinishReason,
  Failure,
  Pending,
  AskedSlot,
  LimitName,
  LimitSpan,
  ModelReserve,
} from './event-parts.ts'

/*
 * What happened, as data. Events are the only truth of a run: state is their fold, the run record
 * and the ledger are readings of them. They are written in the past tense and never change; a new
 * shape gets a new `v` and a line in upcast.ts.
 */

/** Of the way through a run: its turns, steps, model calls and tool calls. */
type RunEvent =
  | {
      readonly type: 'run.started'
      readonly run: string
      readonly workflow: string
      readonly digest: string
      readonly input: JsonObject
      /** The stable system prefix as rendered for this run; null when there is none. */
      readonly instructions: string | null
      readonly session: JsonObject
      /** Who started it, where the host says so: never one of two approvers. */
      readonly by?: string
      /** The run's own choice of model, before the step's and the workflow's. */
      readonly model?: string
      /** A conversation that was had elsewhere: whoever starts the run says so, and nothing in it is a fact. */
      readonly history?: readonly Message[]
      /** What stands for the request that started it, so that the same one again is known (issue 5). */
      readonly request?: string
      /** W3C `traceparent` of whatever started it, so that its trace goes on here (issue 5). */
      readonly trace?: string
      /** The guidelines that its instructions hold (S0.22). */
      readonly guidelines?: AppliedGuidelines
    }
  | { readonly type: 'turn.started'; readonly turn: number; readonly input: JsonObject }
  /** A driver took the run up again; whatever was under way under the one before it is cut off. */
  | { readonly type: 'run.resumed'; readonly model?: string }
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
      /** Who is asked, where that is not the planner, and for which tool call. */
      readonly role?: 'composer' | 'verifier'
      readonly tool?: string
      /** What a composer writes or a verifier scores. */
      readonly artifact?: string
      /** Set where the model is bound to the envelope's schema (S4.15). */
      readonly native?: true
      /** Set aside for it before the call, and the longest answer that this pays for. */
      readonly reserved?: ModelReserve
    }
  | {
      readonly type: 'model.answered'
      readonly call: number
      readonly parts: readonly AnswerPart[]
      readonly finish: FinishReason
      readonly usage: Usage
      /** What it cost, where a price is known. */
      readonly usd?: number
      /** How risky the model says its calls are. */
      readonly risk?: Risk
      /** The envelope that the model wrote; `parts` are what it stands for. Else it is inferred. */
      readonly decision?: Decision
      /** Why there is none where one was asked for. */
      readonly malformed?: string
    }
  | {
      readonly type: 'model.failed'
      readonly call: number
      readonly attempt: number
      readonly error: Failure
      /** Of an answer that came and cannot be used. */
      readonly usage?: Usage
      readonly usd?: number
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
      /** The approval that it uses up. */
      readonly grant?: string
      /** The user's confirmation that it uses up. */
      readonly confirmation?: string
    }
  | {
      readonly type: 'tool.dispatched'
      readonly call: string
      readonly attempt: number
      /** Who writes the result, where that is no trusted tool. */
      readonly source?: Source
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
      /** How the final text is read as the step's output; `list` is that of an `each` step. */
      readonly output: 'text' | 'json' | 'list'
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
      /** Over what it is counted; the run where absent. */
      readonly span?: LimitSpan
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

/** What an event says, without its place in the log. */
export type EventBody = RunEvent | PersonEvent | BranchEvent | ChainEvent | MemoryEvent

export type EventType = EventBody['type']

/** An event on its way into the log; `branch` names the sub-run that it is about, if any. */
export type Entry = EventBody & { readonly branch?: string }

/** An event in its place: `seq` counts from 1 without gaps, `at` is milliseconds since 1970. */
export type Event = Entry & { readonly v: 1; readonly seq: number; readonly at: number }

/** Picks one kind of event by its type. */
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>
