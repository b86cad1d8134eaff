import type { Json, JsonObject } from '../../spec/json.ts'
import type { Branch, Checkpoint, Entered, Fact, Fan, Spend } from '../branch.ts'
import type { BatchCall, CheckAnswer } from '../call.ts'
import type { ArtifactState, ArtifactVersion } from '../artifact.ts'
import type { Outcome } from '../event-branch.ts'
import type { EventOf, Reservation } from '../event.ts'
import type { Attempt } from '../handoff.ts'
import type { Message } from '../message.ts'
import type { OriginsDraft, OwnWords } from '../origins.ts'
import type { Approval, AskedCall, Breaker, Said, State } from '../state.ts'

/*
 * The one mutable form of the state: owned by a fold, never seen by a rule.
 */

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

export type CallDraft = Writable<Omit<BatchCall, 'checks'>> & {
  readonly checks: Map<string, CheckAnswer>
}

// Aliases, not interfaces: only these count as JSON objects.
export type HistoryDraft = {
  readonly outputs: { latest?: Json; readonly all: Json[] }
  readonly calls: { readonly all: JsonObject[] }
}

export type SpendDraft = Writable<Spend>

export type ArtifactDraft = Writable<Omit<ArtifactState, 'versions'>> & {
  versions: ArtifactVersion[]
}

export type FanDraft = Writable<Omit<Fan, 'branches' | 'outcomes'>> & {
  readonly branches: string[]
  readonly outcomes: (Outcome | null)[]
}

type BranchLists =
  | 'visits'
  | 'entries'
  | 'successes'
  | 'transcript'
  | 'toolsSeen'
  | 'batch'
  | 'batchIndex'
  | 'aside'
  | 'tools'
  | 'results'
  | 'told'
  | 'steps'
  | 'facts'
  | 'origins'
  | 'attempts'
  | 'checkpoints'
  | 'failures'
  | 'spend'
  | 'fan'
  | 'confidences'
  | 'artifacts'
  | 'published'
  | 'slots'
  | 'slotSources'
  | 'slotErrors'

export type BranchDraft = Writable<Omit<Branch, BranchLists>> & {
  visits: Map<string, number>
  entries: Entered[]
  /** A new list after a rewind, so that who read the old one sees that it is no longer its prefix. */
  transcript: Message[]
  readonly toolsSeen: Set<string>
  readonly successes: Map<string, number>
  batch: CallDraft[]
  batchIndex: Map<string, number>
  aside: { readonly batch: CallDraft[]; readonly settled: number } | null
  readonly tools: Record<string, HistoryDraft>
  readonly results: Record<string, HistoryDraft>
  told: Fact[]
  facts: Fact[]
  attempts: Attempt[]
  readonly checkpoints: Checkpoint[]
  readonly origins: OriginsDraft
  readonly failures: Map<string, number>
  steps: Record<string, { output: Json }>
  fan: FanDraft | null
  readonly confidences: number[]
  readonly artifacts: Map<string, ArtifactDraft>
  published: Record<string, JsonObject>
  slots: Record<string, Json>
  slotSources: Map<string, 'input' | 'user' | 'default'>
  readonly slotErrors: Map<string, string>
  readonly spend: { readonly run: SpendDraft; turn: SpendDraft; step: SpendDraft }
}

type StateLists =
  | 'said'
  | 'asked'
  | 'callIds'
  | 'reservations'
  | 'places'
  | 'approvals'
  | 'answers'
  | 'confirmations'
  | 'user'
  | 'breakers'
  | 'undos'
  | 'own'
  | 'branches'
  | 'active'
  | 'branch'

export type StateDraft = Writable<Omit<State, StateLists>> & {
  readonly said: Said[]
  readonly asked: AskedCall[]
  readonly callIds: Set<string>
  readonly reservations: Map<string, Map<string, number>>
  readonly places: Map<string, readonly Reservation[]>
  readonly approvals: Map<string, Approval>
  answers: EventOf<'approval.answered'>[]
  readonly confirmations: Map<string, number>
  readonly user: Record<string, { latest?: Json; readonly all: Json[] }>
  readonly breakers: Map<string, Breaker>
  readonly undos: Map<string, string>
  readonly own: OwnWords
  readonly branches: Map<string, BranchDraft>
  active: string[]
  readonly branch: BranchDraft
}

/** A state being folded, and the branch that the event at hand is about. */
export interface Site {
  readonly draft: StateDraft
  readonly branch: BranchDraft
}
