import type { Json, JsonObject } from '../../spec/json.ts'
import type {
  BatchCall,
  Branch,
  CheckAnswer,
  Checkpoint,
  Entered,
  Fact,
  Fan,
  Parent,
  Spend,
} from '../branch.ts'
import type { ArtifactState, ArtifactVersion } from '../artifact.ts'
import type { Outcome } from '../event-branch.ts'
import type { EventOf, Reservation } from '../event.ts'
import type { Attempt } from '../handoff.ts'
import { NO_MEMORY } from '../memory.ts'
import type { Message } from '../message.ts'
import { noOrigins, noOwnWords, type OriginsDraft, type OwnWords } from '../origins.ts'
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

/** An object without a prototype, so that a name from outside is never an inherited member. */
export function emptyRecord<Value>(): Record<string, Value> {
  return Object.create(null)
}

/** Nothing spent yet, from now on. */
export function noSpend(sinceMs: number): SpendDraft {
  return {
    calls: 0,
    transitions: 0,
    input: 0,
    output: 0,
    cached: 0,
    usd: 0,
    reservedTokens: 0,
    reservedUsd: 0,
    sinceMs,
  }
}

/** Of a tool that was not called. */
export function noHistory(): HistoryDraft {
  return { outputs: { all: [] }, calls: { all: [] } }
}

/** Of a line of history in which nothing was decided, given or stored yet (seed 4). */
function noChain(): Pick<
  BranchDraft,
  | 'decision'
  | 'repaired'
  | 'confidences'
  | 'doubted'
  | 'artifacts'
  | 'published'
  | 'slots'
  | 'slotSources'
  | 'slotErrors'
  | 'heard'
  | 'answer'
  | 'memory'
> {
  return {
    decision: null,
    repaired: false,
    confidences: [],
    doubted: 0,
    artifacts: new Map(),
    published: emptyRecord(),
    slots: emptyRecord(),
    slotSources: new Map(),
    slotErrors: new Map(),
    heard: {},
    answer: null,
    memory: NO_MEMORY,
  }
}

/** A line of history before its first step. `tools` are the names whose histories conditions may read. */
export function newBranch(
  tools: Iterable<string>,
  of: {
    readonly id: string
    readonly parent: Parent | null
    readonly depth: number
    readonly sinceMs: number
  },
): BranchDraft {
  const histories = emptyRecord<HistoryDraft>()
  const results = emptyRecord<HistoryDraft>()
  const facts: Fact[] = []
  for (const tool of tools) histories[tool] = results[tool] = noHistory()
  return {
    id: of.id,
    parent: of.parent,
    depth: of.depth,
    input: {},
    trusted: true,
    instructions: null,
    messageSent: false,
    rest: null,
    limit: null,
    spend: { run: noSpend(of.sinceMs), turn: noSpend(of.sinceMs), step: noSpend(of.sinceMs) },
    measured: { messages: 0, tokens: 0 },
    risk: 'low',
    ...noChain(),
    fan: null,
    where: { at: 'turn' },
    step: null,
    visit: 0,
    visits: new Map(),
    entries: [],
    iterations: 0,
    model: null,
    transcript: [],
    toolsSeen: new Set(),
    lastPrompt: null,
    text: '',
    finish: 'stop',
    batch: [],
    batchIndex: new Map(),
    aside: null,
    settled: 0,
    outOfCalls: false,
    sentBack: null,
    successes: new Map(),
    tools: histories,
    results,
    told: [],
    facts,
    origins: noOrigins(facts),
    attempts: [],
    checkpoints: [],
    failures: new Map(),
    steps: emptyRecord(),
    output: {},
  }
}

/** The state before the first event. */
export function newDraft(tools: Iterable<string>): StateDraft {
  const branch = newBranch(tools, { id: '', parent: null, depth: 0, sinceMs: 0 })
  return {
    run: '',
    workflow: '',
    digest: '',
    seq: 0,
    at: 0,
    session: {},
    by: [],
    model: null,
    family: null,
    forked: null,
    turn: 0,
    said: [],
    rest: null,
    cancelRequested: false,
    activeMs: 0,
    modelCalls: 0,
    asked: [],
    callIds: new Set(),
    reservations: new Map(),
    places: new Map(),
    approvals: new Map(),
    answers: [],
    confirmations: new Map(),
    user: emptyRecord(),
    breakers: new Map(),
    own: noOwnWords(),
    rewind: null,
    undos: new Map(),
    handoff: null,
    rejections: 0,
    branches: new Map([['', branch]]),
    active: [''],
    branch,
  }
}
