import type { NextSpec } from '../src/core/spec/spec.ts'
import type { JsonObject, WorkflowSpec } from '../src/index.ts'
import type { ZeroAnswer } from './zero-model.ts'

/** A task that every contender does: its steps in order, and what the model says to them. */
export interface Workload {
  readonly name: string
  readonly instructions: string
  /** In the order in which they are visited. */
  readonly visits: readonly Visit[]
  /** One for each model call of one run. */
  readonly answers: readonly ZeroAnswer[]
  readonly tools: Readonly<Record<string, WorkloadTool>>
  /** The same for Lockstep, without its tools. */
  readonly spec: WorkflowSpec
}

export interface Visit {
  readonly prompt: string
  readonly tools: readonly string[]
}

export interface WorkloadTool {
  readonly about: string
  readonly input: JsonObject
  readonly execute: (args: unknown) => JsonObject
}

const INSTRUCTIONS = 'You work through the steps that you are given, one after the other.'

/** W1: `steps` steps with one model call each; `text` is what the model says. */
export function textSteps(steps: number, text = 'Done with this part.'): Workload {
  const visits = counted(steps).map((number) => ({ prompt: `Do part ${number}.`, tools: [] }))
  return {
    name: 'W1',
    instructions: INSTRUCTIONS,
    visits,
    answers: visits.map(() => ({ text })),
    tools: {},
    spec: {
      workflow: 'w1',
      instructions: INSTRUCTIONS,
      steps: visits.map(({ prompt }) => ({ prompt })),
    },
  }
}

/** W2: `steps` steps with three model calls each: a tool, another tool, a text. */
export function toolSteps(steps: number): Workload {
  const tools = { find_order: lookupTool('order'), find_customer: lookupTool('customer') }
  const visits = counted(steps).map((number) => ({
    prompt: `Look up order ${number} and its customer, then say what you found.`,
    tools: Object.keys(tools),
  }))
  const answers = counted(steps).flatMap((number): readonly ZeroAnswer[] => [
    { tool: 'find_order', args: lookupArgs(`order-${number}`) },
    { tool: 'find_customer', args: lookupArgs(`customer-${number}`) },
    { text: `Order ${number} is there.` },
  ])
  return {
    name: 'W2',
    instructions: INSTRUCTIONS,
    visits,
    answers,
    tools,
    spec: { workflow: 'w2', instructions: INSTRUCTIONS, steps: visits },
  }
}

const END = 'That was the last one.'

/** W3: two steps that hand over to each other `transitions` times; `text` is what the model says. */
export function pingPong(transitions: number, text = 'on'): Workload {
  const visits = counted(transitions + 1).map((number) => ({
    prompt: number % 2 === 1 ? 'Ping.' : 'Pong.',
    tools: [],
  }))
  const answers = visits.map((_, index) => ({ text: index === transitions ? END : text }))
  return {
    name: 'W3',
    instructions: INSTRUCTIONS,
    visits,
    answers,
    tools: {},
    spec: {
      workflow: 'w3',
      instructions: INSTRUCTIONS,
      budget: { transitions: transitions + 1 },
      steps: {
        ping: { prompt: 'Ping.', next: handOver('pong') },
        pong: { prompt: 'Pong.', next: handOver('ping') },
      },
    },
  }
}

function handOver(to: string): readonly NextSpec[] {
  return [{ to, when: `get('$.output.text') != '${END}'` }]
}

// As large as the inputs of real tools are; generate-text-loop.ts has the same in zod.
const LOOKUP_INPUT: JsonObject = {
  type: 'object',
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 64, description: 'the id to look for' },
    limit: { type: 'integer', minimum: 1, maximum: 100, description: 'results at most' },
    fields: { type: 'array', items: { enum: ['status', 'total', 'items'] }, maxItems: 3 },
    currency: { enum: ['EUR', 'USD', 'GBP'], description: 'for amounts' },
    placed: {
      type: 'object',
      properties: { after: { type: 'string' }, before: { type: 'string' } },
      additionalProperties: false,
      description: 'when it was placed, as ISO dates',
    },
    deleted: { type: 'boolean', description: 'look among deleted ones too' },
  },
  required: ['id', 'limit'],
  additionalProperties: false,
}

function lookupArgs(id: string): JsonObject {
  return {
    id,
    limit: 10,
    fields: ['status', 'total'],
    currency: 'EUR',
    placed: { after: '2026-01-01' },
  }
}

function lookupTool(what: string): WorkloadTool {
  return {
    about: `Finds one ${what} by its id.`,
    input: LOOKUP_INPUT,
    execute: () => ({ found: true, what, status: 'shipped', total: 42 }),
  }
}

function counted(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
