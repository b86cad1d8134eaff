import type { Json, JsonObject } from '../spec/json.ts'
import type { Failure, LimitName, ModelReserve, Pending, Reason, Risk } from './event.ts'
import type { ArtifactState } from './artifact.ts'
import type { Decision } from './decision.ts'
import type { Outcome } from './event-branch.ts'
import type { Attempt } from './handoff.ts'
import type { MemoryState } from './memory.ts'
import type { Message } from './message.ts'
import type { Origins } from './origins.ts'
import type { BatchCall } from './call.ts'

/*
 * One line of a run's history: the run itself, or a sub-run (Law 18). Its transcript, its facts and
 * its place in the steps are its own; limits, budgets and grants are the run's.
 */

/** What happens next in a branch. */
export type Where =
  | { readonly at: 'turn' }
  | { readonly at: 'entering'; readonly step: string }
  | { readonly at: 'ready' }
  | { readonly at: 'closing' }
  | { readonly at: 'model'; readonly cut: boolean }
  | { readonly at: 'model-failed'; readonly error: Failure }
  | { readonly at: 'model-wait'; readonly delayMs: number; readonly dueAt: number }
  | { readonly at: 'batch' }
  | { readonly at: 'text' }
  /** The answer is no envelope although one was asked for. */
  | { readonly at: 'malformed'; readonly message: string }
  /** The model said that it cannot go on. */
  | { readonly at: 'fail-safe' }
  /** `to`: where it went when it was left on a tool's result, to go there again after a rewind. */
  | { readonly at: 'leaving'; readonly to?: string }
  | { readonly at: 'closed' }
  /** In an `each` step whose sub-runs are under way. */
  | { readonly at: 'items' }
  /** A step could not be completed; its `fail` says what now. */
  | { readonly at: 'failed'; readonly reason: Reason; readonly message: string }
  /** Writes since a checkpoint are being taken back, the newest first. */
  | { readonly at: 'undoing' }
  /** A handoff is compiled, and delivered where a webhook is set. */
  | { readonly at: 'handoff' }

/** The model call that is under way or was the last. */
export interface ModelCall {
  readonly call: number
  readonly attempt: number
  readonly role: 'planner' | 'composer' | 'verifier'
  /** True when it is bound to the envelope's schema. */
  readonly native: boolean
  /** The tool call that a composer or verifier is asked for. */
  readonly tool: string | null
  /** How many of its attempts were cut off with their driver; they use up no retry. */
  readonly cuts: number
  readonly closing: boolean
  /** What is set aside for it while it is under way. */
  readonly reserved: ModelReserve | null
}

/** What was used up over a span: a visit of a step, a turn, a run with its sub-runs. */
export interface Spend {
  readonly calls: number
  readonly transitions: number
  readonly input: number
  readonly output: number
  readonly cached: number
  readonly usd: number
  /** Set aside for model calls under way. */
  readonly reservedTokens: number
  readonly reservedUsd: number
  /** The run's active time when the span began, in milliseconds. */
  readonly sinceMs: number
}

/** A committed success, as conditions read it (`$.calls`). */
export type Fact = {
  readonly call: string
  readonly tool: string
  readonly args: Json
  readonly output: Json
  readonly turn: number
  readonly seq: number
}

/** One entry into a step. */
export interface Entered {
  readonly step: string
  readonly visit: number
  readonly seq: number
}

/** A position to which a branch can go back: what has a `seq` is kept by it, the transcript by length. */
export interface Checkpoint {
  /** The step and its visit, like `triage#1`, or the author's name. */
  readonly name: string
  readonly seq: number
  /** Null at the very start. */
  readonly step: string | null
  /** How the branch goes on from here. */
  readonly where: Where
  readonly input: JsonObject
  readonly messageSent: boolean
  readonly transcript: number
  readonly visit: number
  readonly output: Json
  readonly text: string
  readonly lastPrompt: string | null
}

/** The batch that a branch was in before it had to take something back. */
export interface Aside {
  readonly batch: readonly BatchCall[]
  readonly settled: number
}

/** The sub-runs of an `each` step. */
export interface Fan {
  readonly step: string
  readonly items: readonly Json[]
  readonly trusted: boolean
  /** Branch of each item that was begun, in item order. */
  readonly branches: readonly string[]
  /** Outcomes by item; null while it is not ended. */
  readonly outcomes: readonly (Outcome | null)[]
  readonly ended: number
}

/** Why a branch does not go on, and for what it waits. */
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

/** What the sub-run belongs to; null for the run itself. */
export interface Parent {
  readonly branch: string
  readonly call: string | null
  readonly item: number | null
  /** Under which name the parent's plan knows its workflow. */
  readonly workflow: string
}

/** One line of history: its transcript, its facts, its place in the steps (Law 18). */
export interface Branch {
  /** '' for the run itself. */
  readonly id: string
  readonly parent: Parent | null
  readonly depth: number
  /** What it was given; with each further turn's input for the run itself. */
  readonly input: JsonObject
  /** True when no model wrote the input, so that gates may read it (Law 3). */
  readonly trusted: boolean
  readonly instructions: string | null
  /** True once this turn's user message is in the transcript. */
  readonly messageSent: boolean
  /** Set when it waits or has ended; of the run itself, `state.rest` says so. */
  readonly rest: Rest | null
  /** Set from the moment a limit is reached until it rests for it. */
  readonly limit: Limit | null
  readonly spend: { readonly run: Spend; readonly turn: Spend; readonly step: Spend }
  /** What the last answered model call took in: so many messages, so many tokens. */
  readonly measured: { readonly messages: number; readonly tokens: number }
  /** How risky the last message's calls are in the model's own words. */
  readonly risk: Risk
  /** The envelope of the last message; null before the first, and while it cannot be read. */
  readonly decision: Decision | null
  /** True once a malformed envelope was sent back, until one can be read. */
  readonly repaired: boolean
  /** Confidences that the model gave so far, in order. */
  readonly confidences: readonly number[]
  /** How many of them have been looked at for doubt. */
  readonly doubted: number
  readonly artifacts: ReadonlyMap<string, ArtifactState>
  /** The newest published versions as conditions read them: `$.artifacts.NAME`. */
  readonly published: Readonly<Record<string, JsonObject>>
  /** Values of slots as conditions read them: `$.slots.NAME`. */
  readonly slots: Readonly<Record<string, Json>>
  /** Where each of them came from. */
  readonly slotSources: ReadonlyMap<string, 'input' | 'user' | 'default'>
  /** By slot, why the last word on it was not taken; it is asked for until one is. */
  readonly slotErrors: ReadonlyMap<string, string>
  /** Input that was not looked through for slots yet. */
  readonly heard: JsonObject
  /** What the user answered to slots and nobody has judged yet. */
  readonly answer: { readonly call: string; readonly input: Json } | null
  readonly memory: MemoryState
  readonly fan: Fan | null
  readonly where: Where
  readonly step: string | null
  readonly visit: number
  /** Visits of each step so far. */
  readonly visits: ReadonlyMap<string, number>
  /** Each entry into a step, in order: what a rewind counts the visits from. */
  readonly entries: readonly Entered[]
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
  /** What the batch was before an undo took its place. */
  readonly aside: Aside | null
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
  /** The same for transitions, criteria and templates: here, what sub-runs answered counts too. */
  readonly results: Readonly<Record<string, JsonObject>>
  /** What sub-runs answered, in order: a model's words, so never a fact (Law 3). */
  readonly told: readonly Fact[]
  /** All committed successes in order: `$.calls`. */
  readonly facts: readonly Fact[]
  /** Where values came from, for `clean` gates. */
  readonly origins: Origins
  /** What was tried and did not happen, for a handoff. */
  readonly attempts: readonly Attempt[]
  /** In order; the newest of a name counts. */
  readonly checkpoints: readonly Checkpoint[]
  /** How often each step's `fail` has fired in this turn. */
  readonly failures: ReadonlyMap<string, number>
  /** Outputs by step, as conditions read them: `$.steps.NAME.output`. */
  readonly steps: Readonly<Record<string, { readonly output: Json }>>
  readonly output: Json
}
