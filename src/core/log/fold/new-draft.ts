import type { Fact, Parent } from '../branch.ts'
import { NO_MEMORY } from '../memory.ts'
import { noOrigins, noOwnWords } from '../origins.ts'
import type { HistoryDraft, SpendDraft, BranchDraft, StateDraft } from './draft.ts'

/*
 * Drafts before anything happened.
 */

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
