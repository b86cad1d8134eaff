import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Json } from '../../src/index.ts'
import type { Outcome } from './desk.ts'

/*
 * What an attack is, as data: what the model writes, what the tools answer, what clients and people
 * do afterwards, which gates must have objected, and which writes are done in the end.
 */

const json = z.json()

/** Somebody other than the model does something, once the run rests. */
export type Act =
  | { readonly send: string }
  | Approve
  | { readonly deny: string; readonly roles?: readonly string[] | undefined }
  | { readonly confirm: string; readonly args: Json }
  | { readonly answer: string; readonly output: Json }
  | { readonly rewind: string }
  /** Makes a fork at a checkpoint and goes on with it instead. */
  | { readonly fork: string }
  /** Goes on under the workflow without one of its gates. */
  | { readonly without: string }
  /** Seconds that pass. */
  | { readonly later: number }
  | { readonly resume: true }
  | { readonly cancel: true }

export interface Approve {
  readonly approve: string
  readonly roles?: readonly string[] | undefined
  readonly request?: string | undefined
  /** Picks the pending request of that tool; the first when left out. */
  readonly of?: string | undefined
  /** The arguments that the approver says to have seen. */
  readonly args?: Json | undefined
  /** How many clients say so at the same moment. */
  readonly times?: number | undefined
}

export interface Attack {
  readonly name: string
  readonly message: string
  readonly script: unknown
  /** What tools do, in the order of their calls, instead of looking into the books. */
  readonly tools: Readonly<Record<string, readonly Outcome[]>>
  /** How the function of gate `policy` misbehaves. */
  readonly check?: (typeof CHECKS)[number] | undefined
  readonly acts: readonly Act[]
  /** Gates that must have objected. */
  readonly by: readonly string[]
  /** The writes that are done in the end, in order: `tool {args}`. */
  readonly did: readonly string[]
  /** Why the run rests in the end, where it says something. */
  readonly reason?: string | undefined
}

export const CHECKS = [
  'throws',
  'rejects',
  'text',
  'nothing',
  'never',
  'object',
  'one',
  'changes',
] as const

const outcome: z.ZodType<Outcome> = z.union([
  z.strictObject({ error: z.string(), executed: z.boolean().exactOptional() }),
  z.strictObject({ output: z.json() }),
])

const act: z.ZodType<Act> = z.union([
  z.strictObject({ send: z.string() }),
  z.strictObject({
    approve: z.string(),
    roles: z.array(z.string()).optional(),
    request: z.string().optional(),
    of: z.string().optional(),
    args: json.optional(),
    times: z.int().optional(),
  }),
  z.strictObject({ deny: z.string(), roles: z.array(z.string()).optional() }),
  z.strictObject({ confirm: z.string(), args: json }),
  z.strictObject({ answer: z.string(), output: json }),
  z.strictObject({ rewind: z.string() }),
  z.strictObject({ fork: z.string() }),
  z.strictObject({ without: z.string() }),
  z.strictObject({ later: z.number() }),
  z.strictObject({ resume: z.literal(true) }),
  z.strictObject({ cancel: z.literal(true) }),
])

const attack: z.ZodType<Attack> = z.strictObject({
  name: z.string(),
  message: z.string().default('I am ada@example.com, refund my order.'),
  script: z.unknown(),
  tools: z.record(z.string(), z.array(outcome)).default({}),
  check: z.enum(CHECKS).optional(),
  acts: z.array(act).default([]),
  by: z.array(z.string()),
  did: z.array(z.string()).default([]),
  reason: z.string().optional(),
})

const FOLDER = join(import.meta.dirname, 'attacks')

/** Every attack of the suite. */
export const ATTACKS: readonly Attack[] = readdirSync(FOLDER)
  .toSorted()
  .flatMap((file) => z.array(attack).parse(parse(readFileSync(join(FOLDER, file), 'utf8'))))
