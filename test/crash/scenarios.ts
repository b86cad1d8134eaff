/*
 * The workflows that are killed: small, scripted, and together through every kind of event that a
 * driver can die beside.
 */
import type { RetryRule, WorkflowSpec } from '../../src/core/spec/spec.ts'
import type { Json, JsonObject } from '../../src/core/spec/json.ts'

/** A tool whose effect is only that the world outside notes it. */
export interface ScenarioTool {
  readonly effect: 'read' | 'write'
  readonly idempotent?: boolean
  readonly retry?: Readonly<Record<string, RetryRule>>
  /** How many requests of one call the world declines, with the code BUSY, before it does its work. */
  readonly declines?: number
  /** Never returns by itself: waits for its signal. */
  readonly endless?: boolean
  readonly output: Json
}

/** One run from its start to its last rest. */
export interface Scenario {
  readonly spec: WorkflowSpec
  readonly tools: Readonly<Record<string, ScenarioTool>>
  /** As an author writes it; usage is filled in, so that no estimate depends on the process. */
  readonly script: readonly JsonObject[]
  /** Sent one after the other, each once the turn before it is completed. */
  readonly messages: readonly string[]
  /** How many requests of a model call the provider declines, by the call's number. */
  readonly outages?: Readonly<Record<number, number>>
}

const READ = { effect: 'read' } as const
const KEYED = { effect: 'write', idempotent: true } as const
const ONCE = { effect: 'write', idempotent: false } as const

/** Reads that overlap, a gated write that must happen once, and a step after it. */
const refund: Scenario = {
  spec: {
    workflow: 'refund',
    gates: {
      known: { on: 'refund', needs: ['get_order', 'get_customer'] },
      once: { on: 'refund', limit: { calls: 1, per: '$.args.order' } },
    },
    steps: {
      act: { prompt: 'Refund it.', tools: ['get_order', 'get_customer', 'refund'], next: 'tell' },
      tell: { prompt: 'Say so.', tools: [] },
    },
  },
  tools: {
    get_order: { ...READ, output: { order: 'A1', paid: 20 } },
    get_customer: { ...READ, output: { customer: 'C1' } },
    refund: { ...ONCE, output: { refunded: true } },
  },
  script: [
    { calls: [{ tool: 'get_order' }, { tool: 'get_customer' }] },
    { call: 'refund', args: { order: 'A1' } },
    // Refused by `once`, unless a person found that the first did not happen.
    { call: 'refund', args: { order: 'A1' } },
    { text: 'refunded' },
    { text: 'It is on its way.' },
  ],
  messages: [],
}

const keyedWrite: Scenario = {
  spec: { workflow: 'keyed-write', steps: [{ prompt: 'Label it.', tools: ['label'] }] },
  tools: { label: { ...KEYED, output: { labelled: true } } },
  script: [{ call: 'label', args: { as: 'red' } }, { text: 'labelled' }],
  messages: [],
}

/** Declined as often as the rules retry, so that a retry lost to a crash would show. */
const toolRetry: Scenario = {
  spec: { workflow: 'tool-retry', steps: [{ prompt: 'Charge.', tools: ['look_up', 'charge'] }] },
  tools: {
    look_up: {
      ...READ,
      declines: 2,
      retry: { BUSY: { tries: 3, delay: 0.01, backoff: 'fixed' } },
      output: { card: 'x' },
    },
    charge: {
      ...ONCE,
      declines: 1,
      retry: { BUSY: { tries: 2, delay: 0.01, backoff: 'fixed' } },
      output: { charged: true },
    },
  },
  script: [{ call: 'look_up' }, { call: 'charge', args: { card: 'x' } }, { text: 'charged' }],
  messages: [],
}

const modelRetry: Scenario = {
  spec: {
    workflow: 'model-retry',
    steps: [{ prompt: 'Think.', tools: ['look_up'] }, { prompt: 'Think again.' }],
  },
  tools: { look_up: { ...READ, output: 7 } },
  script: [{ call: 'look_up' }, { text: 'seven' }, { text: 'eight' }],
  messages: [],
  // The second call takes every try that there is, so that one lost to a crash would show.
  outages: { 1: 1, 2: 3 },
}

const turns: Scenario = {
  spec: {
    workflow: 'turns',
    steps: {
      ask: { prompt: 'Answer: {{message}}', tools: ['look_up'], next: 'close', reenter: 'ask' },
      close: { prompt: 'Close.', reenter: 'ask' },
    },
    input: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
  },
  tools: { look_up: { ...READ, output: [1, 2] } },
  script: [
    { call: 'look_up' },
    { text: 'one' },
    { text: 'closed' },
    { text: 'two' },
    { text: 'closed again' },
    { call: 'look_up' },
    { text: 'three' },
    { text: 'closed at last' },
  ],
  messages: ['and two?', 'and three?'],
}

/** An answer that does not fit, criteria that do not hold yet, a limit with its closing answer. */
const checks: Scenario = {
  spec: {
    workflow: 'checks',
    steps: [
      {
        name: 'read',
        prompt: 'Read.',
        output: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
      },
      {
        name: 'verify',
        prompt: 'Verify.',
        tools: ['verify'],
        accept: ["count(get('$.tools.verify.outputs.all')) > 0"],
      },
      { name: 'search', prompt: 'Search.', tools: ['search'], budget: { iterations: 2 } },
    ],
  },
  tools: { verify: { ...KEYED, output: true }, search: { ...READ, output: [] } },
  script: [
    { output: { n: 'one' } },
    { output: { n: 1 } },
    { text: 'verified' },
    { call: 'verify' },
    { text: 'now it is' },
    { call: 'search', args: { page: 1 } },
    { call: 'search', args: { page: 2 } },
    { text: 'nothing found' },
  ],
  messages: [],
}

const batches: Scenario = {
  spec: {
    workflow: 'batches',
    steps: [{ prompt: 'Do it all.', tools: ['read_a', 'read_b', 'keep', 'send'] }],
  },
  tools: {
    read_a: { ...READ, output: 'a' },
    read_b: { ...READ, output: 'b' },
    keep: { ...KEYED, output: { kept: true } },
    send: { ...ONCE, output: { sent: true } },
  },
  script: [
    {
      calls: [
        { tool: 'read_a' },
        { tool: 'read_b' },
        { tool: 'keep', args: { n: 1 } },
        { tool: 'read_a', args: { n: 2 } },
      ],
    },
    {
      calls: [
        { tool: 'send', args: { to: 'x' } },
        { tool: 'send', args: { to: 'y' } },
        { tool: 'read_b', args: { n: 2 } },
      ],
    },
    { text: 'all done' },
  ],
  messages: [],
}

/** An artifact that its gate refuses once and its verifier once, then published. */
const letter: Scenario = {
  spec: {
    workflow: 'letter',
    artifacts: {
      letter: {
        compose: { prompt: 'Write a letter.' },
        rules: { min_chars: 20 },
        verify: { prompt: 'Score it.' },
      },
      note: {},
    },
    steps: {
      compose: {
        prompt: 'Have it written.',
        write: 'letter',
        tools: ['look_up'],
        next: [{ to: 'note', after: 'store_artifact' }],
      },
      note: { prompt: 'Note it.', write: 'note', tools: ['artifact_read'] },
    },
  },
  tools: { look_up: { ...READ, output: 'Ms Grey' } },
  script: [
    { calls: [{ tool: 'look_up' }, { tool: 'store_artifact', args: { name: 'letter' } }] },
    { text: 'Too short.' },
    { call: 'store_artifact', args: { name: 'letter' } },
    { text: 'Dear Ms Grey, this is a dull letter.' },
    { output: { score: 4, feedback: 'dull' } },
    { call: 'store_artifact', args: { name: 'letter' } },
    { text: 'Dear Ms Grey, this one is a joy to read.' },
    { output: { score: 9, feedback: '' } },
    { call: 'artifact_read', args: { name: 'letter' } },
    { call: 'store_artifact', args: { content: 'The letter is written.' } },
    { text: 'All is written.' },
  ],
  messages: [],
}

function endless(effect: 'read' | 'write'): Scenario {
  const name = `endless-${effect}`
  return {
    spec: { workflow: name, steps: [{ prompt: 'Work.', tools: ['work'] }] },
    tools: { work: { effect, idempotent: false, endless: true, output: null } },
    script: [{ call: 'work' }, { text: 'worked' }],
    messages: [],
  }
}

/** Waits for an hour in its model call; for a cancel to end. */
const endlessModel: Scenario = {
  spec: { workflow: 'endless-model', steps: [{ prompt: 'Think.' }] },
  tools: {},
  script: [{ text: 'thought', delay_ms: 3_600_000 }],
  messages: [],
}

/** Those that come to an end by themselves, so that each of their points can be killed at. */
export const KILLED: Readonly<Record<string, Scenario>> = {
  refund,
  keyedWrite,
  toolRetry,
  modelRetry,
  turns,
  checks,
  batches,
  letter,
}

/** Every workflow that a child can be asked for, by name. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...KILLED,
  endlessRead: endless('read'),
  endlessWrite: endless('write'),
  endlessModel,
}
