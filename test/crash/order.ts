/*
 * What a child is told to do, and what it says when it has done it. Both cross a process as JSON.
 */
import { z } from 'zod'
import type { State } from '../../src/core/log/state.ts'
import { isJsonObject } from '../../src/core/spec/json.ts'

/** Where a process can be struck: around an append, a tool's effect, a put, or at a model's answer. */
export type PointKind =
  | 'append-before'
  | 'append-after'
  | 'tool-before'
  | 'tool-middle'
  | 'tool-after'
  | 'model'
  | 'put-before'
  | 'put-after'

/** What befalls a process, and at which point. */
export interface Strike {
  /** Die by SIGKILL, die once the parent says so on stdin, or let go by the abort signal. */
  readonly how: 'kill' | 'kill-when-told' | 'park'
  readonly kind: PointKind
  /** The n-th of its kind in this process, from 1. */
  readonly n: number
}

/** Drives one run to its last rest, doubts settled by what the notes say really happened. */
export interface Order {
  readonly run: string
  readonly scenario: string
  /** The file of notes. */
  readonly outside: string
  readonly strike: Strike | null
  /** Waits for the run to be there and for its driver to be gone; says `busy` as it waits. */
  readonly second: boolean
}

export interface Orders {
  readonly database: string
  /** The folder of their artifacts. */
  readonly artifacts: string
  readonly orders: readonly Order[]
}

/** What a child says of an order that it finished. */
export interface Outcome {
  readonly run: string
  readonly pid: number
  /** How many points of each sort this process passed. */
  readonly appends: number
  readonly tools: number
  readonly models: number
  readonly puts: number
  /** The run record as a handle on the run shows it. */
  readonly record: unknown
  /** The log as this process folds it. */
  readonly state: unknown
}

const strike: z.ZodType<Strike> = z.strictObject({
  how: z.enum(['kill', 'kill-when-told', 'park']),
  kind: z.enum([
    'append-before',
    'append-after',
    'tool-before',
    'tool-middle',
    'tool-after',
    'model',
    'put-before',
    'put-after',
  ]),
  n: z.int().min(1),
})

const orders: z.ZodType<Orders> = z.strictObject({
  database: z.string(),
  artifacts: z.string(),
  orders: z.array(
    z.strictObject({
      run: z.string(),
      scenario: z.string(),
      outside: z.string(),
      strike: strike.nullable(),
      second: z.boolean(),
    }),
  ),
})

const outcome: z.ZodType<Outcome> = z.strictObject({
  run: z.string(),
  pid: z.int(),
  appends: z.int(),
  tools: z.int(),
  models: z.int(),
  puts: z.int(),
  record: z.unknown(),
  state: z.unknown(),
})

/** Reads a child's one argument. */
export function decodeOrders(text: string | undefined): Orders {
  return orders.parse(JSON.parse(text ?? ''))
}

/** Reads what a child says. */
export function decodeOutcome(text: string): Outcome {
  return outcome.parse(JSON.parse(text))
}

/** A state as plain JSON, so that two processes can compare theirs. */
export function plainState(state: State): unknown {
  const text = JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Map) return [...value]
    if (value instanceof Set) return [...value]
    return value
  })
  const plain: unknown = JSON.parse(text)
  return isJsonObject(plain) ? plain : null
}
