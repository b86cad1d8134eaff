import type { Json, JsonObject } from '../spec/json.ts'
import type { Message } from './message.ts'
import type { BatchCall, Branch, State } from './state.ts'

/*
 * The one mutable form of the state: owned by a fold, never seen by a rule.
 */

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

export type CallDraft = Writable<BatchCall>

// Aliases, not interfaces: only these count as JSON objects.
export type HistoryDraft = {
  readonly outputs: { latest?: Json; readonly all: Json[] }
  readonly calls: { readonly all: JsonObject[] }
}

type BranchLists =
  | 'visits'
  | 'successes'
  | 'transcript'
  | 'toolsSeen'
  | 'batch'
  | 'batchIndex'
  | 'tools'
  | 'steps'

export type BranchDraft = Writable<Omit<Branch, BranchLists>> & {
  readonly visits: Map<string, number>
  readonly transcript: Message[]
  readonly toolsSeen: Set<string>
  readonly successes: Map<string, number>
  batch: CallDraft[]
  batchIndex: Map<string, number>
  readonly tools: Record<string, HistoryDraft>
  readonly steps: Record<string, { output: JsonObject }>
}

type StateLists = 'answered' | 'callIds' | 'reservations' | 'branch'

export type StateDraft = Writable<Omit<State, StateLists>> & {
  readonly answered: { readonly step: string; readonly role: string }[]
  readonly callIds: Set<string>
  readonly reservations: Map<string, Map<string, number>>
  readonly branch: BranchDraft
}

/** An object without a prototype, so that a name from outside is never an inherited member. */
export function emptyRecord<Value>(): Record<string, Value> {
  return Object.create(null)
}

/** The state before the first event. `tools` are the names whose histories conditions may read. */
export function newDraft(tools: Iterable<string>): StateDraft {
  const histories = emptyRecord<HistoryDraft>()
  for (const tool of tools) histories[tool] = { outputs: { all: [] }, calls: { all: [] } }
  return {
    run: '',
    workflow: '',
    digest: '',
    seq: 0,
    at: 0,
    input: {},
    session: {},
    instructions: null,
    turn: 0,
    transitions: 0,
    messageSent: false,
    rest: null,
    cancelRequested: false,
    limit: null,
    usage: { input: 0, output: 0, cached: 0 },
    dispatches: 0,
    activeMs: 0,
    modelCalls: 0,
    answered: [],
    callIds: new Set(),
    reservations: new Map(),
    branch: {
      where: { at: 'turn' },
      step: null,
      visit: 0,
      visits: new Map(),
      iterations: 0,
      model: null,
      transcript: [],
      toolsSeen: new Set(),
      successes: new Map(),
      lastPrompt: null,
      text: '',
      finish: 'stop',
      batch: [],
      batchIndex: new Map(),
      settled: 0,
      outOfCalls: false,
      sentBack: null,
      tools: histories,
      steps: emptyRecord(),
      output: {},
    },
  }
}
