import type { JsonObject, Json } from '../spec/json.ts'
import type { Failure, GateOutcome, LimitName, Pending, Reason, Usage } from './event.ts'
import type { Message } from './message.ts'

/*
 * What a run has come to: the fold of its log. Readers see it as read-only; only fold.ts, which owns
 * the draft, changes it. Everything a rule needs is here or in the plan, and nothing is derived
 * twice, so that folding one more event costs the same at event 10 and at event 10,000 (Law 10).
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
  readonly result:
    | { readonly ok: true; readonly output: Json }
    | { readonly ok: false; readonly error: Failure }
    | null
  /** The last failure, while its retry is being decided or waited for. */
  readonly failure: Failure | null
  /** The gate that holds it for a person. */
  readonly held: GateOutcome | null
  /** Keys reserved under `limit` gates, to be given back if it turns out not to have run. */
  readonly reservations: readonly { readonly gate: string; readonly key: string }[]
}

/** What happens next in a branch. */
export type Where =
  | { readonly at: 'turn' }
  | { readonly at: 'entering'; readonly step: string }
  | { readonly at: 'ready' }
  | { readonly at: 'closing' }
  | { readonly at: 'model'; readonly cut: boolean }
  | { readonly at: 'model-failed'; readonly error: Failure }
  | { readonly at: 'model-wait'; readonly delayMs: number }
  | { readonly at: 'batch' }
  | { readonly at: 'text' }
  | { readonly at: 'leaving' }
  | { readonly at: 'closed' }

/** The model call that is under way or was the last. */
export interface ModelCall {
  readonly call: number
  readonly attempt: number
  /** How many of its attempts were cut off with their driver; they use up no retry. */
  readonly cuts: number
  readonly closing: boolean
}

/** One line of history: its transcript, its facts, its place in the steps (Law 18). */
export interface Branch {
  readonly where: Where
  readonly step: string | null
  readonly visit: number
  /** Visits of each step so far. */
  readonly visits: ReadonlyMap<string, number>
  /** Model calls answered in this visit. */
  readonly iterations: number
  readonly model: ModelCall | null
  readonly transcript: readonly Message[]
  /** Tools that the transcript names. */
  readonly toolsSeen: ReadonlySet<string>
  readonly lastPrompt: string | null
  /** The text of the last answer. */
  readonly text: string
  readonly finish: string
  readonly batch: readonly BatchCall[]
  /** Positions in the batch by call id. */
  readonly batchIndex: ReadonlyMap<string, number>
  /** Position of the first call of the batch that is not settled: calls before it need no look. */
  readonly settled: number
  /** True when a call of this batch was refused because the call budget is spent. */
  readonly outOfCalls: boolean
  /** Which check sent the last final text back, while the step goes on. */
  readonly sentBack: 'output' | 'criteria' | null
  /** Committed successes of each tool (Law 3). */
  readonly successes: ReadonlyMap<string, number>
  /** The same as conditions read them: `$.tools.NAME.outputs` and `.calls`. */
  readonly tools: Readonly<Record<string, JsonObject>>
  /** Outputs by step, as conditions read them: `$.steps.NAME.output`. */
  readonly steps: Readonly<Record<string, { readonly output: JsonObject }>>
  readonly output: JsonObject
}

/** Why the run is not going on, and for what it waits. */
export interface Rest {
  readonly reason: Reason
  readonly message: string
  readonly pending: readonly Pending[]
}

/** A limit that was reached; the run rests for it after one closing answer where it can. */
export interface Limit {
  readonly reason: Reason
  readonly limit: LimitName
  readonly message: string
}

export interface State {
  readonly run: string
  readonly workflow: string
  readonly digest: string
  readonly seq: number
  /** The time of the last event: what `$.now` reads (Law 9). */
  readonly at: number
  readonly input: JsonObject
  readonly session: JsonObject
  readonly instructions: string | null
  readonly turn: number
  readonly transitions: number
  /** True once this turn's user message is in the transcript. */
  readonly messageSent: boolean
  readonly rest: Rest | null
  readonly cancelRequested: boolean
  /** Set from the moment a limit is reached until the run rests for it. */
  readonly limit: Limit | null
  readonly usage: Usage
  /** Dispatches so far. */
  readonly dispatches: number
  /** Time spent, waiting at rest and gaps between drivers excluded. */
  readonly activeMs: number
  readonly modelCalls: number
  readonly answered: readonly { readonly step: string; readonly role: string }[]
  readonly callIds: ReadonlySet<string>
  /** Calls that hold a place under a `limit` gate, by gate and key. */
  readonly reservations: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly branch: Branch
}
