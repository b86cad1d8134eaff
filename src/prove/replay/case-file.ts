import { z } from 'zod'
import { legalNames } from '../../core/spec/issue.ts'
import type { Json, JsonObject } from '../../core/spec/json.ts'

/*
 * Files of cases, as values: what a model called, what came back, what must have happened. They
 * hold data only; which rules they are about is the business of a workflow.
 */

/** A call as a model made it. */
export interface ReplayCall {
  readonly name: string
  readonly args: JsonObject
}

export interface CalledEvent {
  readonly call: ReplayCall
  /** Names an entry of `results`; goes before `error` where both are written. */
  readonly result?: string
  readonly error?: string
  /** Names of the places in this result that somebody outside can write to. */
  readonly untrusted?: readonly string[]
}

export type ReplayEvent = CalledEvent | { readonly user: JsonObject }

/** A tool as a file describes it; `kind` is read, write or handoff. */
export interface FileTool {
  readonly name: string
  readonly description: string
  readonly schema: JsonObject
  readonly kind: string
}

/** One sentence of a policy. */
export interface PolicyNote {
  readonly id: string
  readonly rule: string
  readonly enforce: string
}

export interface GateCase {
  readonly id: string
  readonly kind?: string
  readonly mutation?: string
  /** Positions of the events that must not reach a tool. */
  readonly must_block: readonly number[]
  readonly events: readonly ReplayEvent[]
}

/** Cases of one domain's policy. */
export interface GateCases {
  readonly format: 'gate-cases/1'
  readonly domain: string
  readonly tools: readonly FileTool[]
  readonly policy_notes: readonly PolicyNote[]
  readonly must_pass: readonly GateCase[]
  readonly near_miss: readonly GateCase[]
  readonly must_block: readonly GateCase[]
  readonly results: JsonObject
}

/** Honest tasks and attacks, each attack to be tried on each task. */
export interface Suite {
  readonly version: string
  readonly suite: string
  readonly tools: readonly FileTool[]
  readonly user_tasks: readonly SuiteTask[]
  readonly injection_tasks: readonly Injection[]
}

export interface SuiteTask {
  readonly id: string
  readonly prompt: string
  readonly events: readonly CalledEvent[]
}

/** What an outsider's text asks for, and the calls that would do it. */
export interface Injection {
  readonly id: string
  readonly goal: string
  readonly actions: readonly ReplayCall[]
}

export interface Suites {
  readonly format: 'gate-cases/1 agentdojo'
  readonly suites: readonly Suite[]
  readonly results: JsonObject
}

export interface ArgumentCase {
  readonly id: string
  readonly tools: readonly FileTool[]
  readonly must_pass: readonly ReplayCall[]
  readonly must_block: readonly (ReplayCall & { readonly why: string })[]
}

/** Calls that fit the schema of their tool, and calls that do not. */
export interface ArgumentCases {
  readonly format: 'args-cases/1'
  readonly cases: readonly ArgumentCase[]
}

export interface RecordedRun {
  readonly model: string
  readonly suite: string
  readonly user_task: string
  readonly injection_task: string | null
  readonly calls: readonly ReplayCall[]
}

/** Calls that real models made, without what came back. */
export interface RecordedRuns {
  readonly format: 'recorded/1'
  readonly runs: readonly RecordedRun[]
}

export type CaseFile = GateCases | Suites | ArgumentCases | RecordedRuns

// Everything here comes out of JSON.parse, so a value that is there is JSON. A record of zod's would
// drop `__proto__`, and with it what is wrong with a call.
const object = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be an object, as in {"id":"x1"}' },
)
const call = z.object({ name: z.string(), args: object.nullable().transform((args) => args ?? {}) })
const called = z.object({
  call,
  result: z.string().exactOptional(),
  error: z.string().exactOptional(),
  untrusted: z.array(z.string()).exactOptional(),
})
const said = z.object({ user: object.superRefine(checkWords) })
const event = z.unknown().transform((value, context): ReplayEvent => {
  const isObject = typeof value === 'object' && value !== null
  const kind = isObject && 'user' in value ? said : isObject && 'call' in value ? called : null
  if (kind === null) {
    context.addIssue(AN_EVENT)
    return z.NEVER
  }
  const parsed = kind.safeParse(value)
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues)
    context.addIssue({ code: 'custom', path, message })
  return z.NEVER
})
const tool = z.object({
  name: z.string(),
  description: z.string().default(''),
  schema: object,
  kind: z.string().default('write'),
})
const note = z.object({ id: z.string(), rule: z.string(), enforce: z.string().default('') })
const gateCase = z.object({
  id: z.string(),
  kind: z.string().exactOptional(),
  mutation: z.string().exactOptional(),
  must_block: z.array(z.number()).default([]),
  events: z.array(event),
})
const gateCases = z.object({
  format: z.literal('gate-cases/1'),
  domain: z.string(),
  tools: z.array(tool),
  policy_notes: z.array(note).default([]),
  must_pass: z.array(gateCase).default([]),
  near_miss: z.array(gateCase).default([]),
  must_block: z.array(gateCase).default([]),
  results: object,
})
const suite = z.object({
  version: z.string().default(''),
  suite: z.string(),
  tools: z.array(tool),
  user_tasks: z.array(z.object({ id: z.string(), prompt: z.string(), events: z.array(called) })),
  injection_tasks: z.array(z.object({ id: z.string(), goal: z.string(), actions: z.array(call) })),
})
const suites = z.object({
  format: z.literal('gate-cases/1 agentdojo'),
  suites: z.array(suite),
  results: object,
})
const argumentCase = z.object({
  id: z.string(),
  tools: z.array(tool),
  must_pass: z.array(call),
  must_block: z.array(call.extend({ why: z.string() })),
})
const argumentCases = z.object({
  format: z.literal('args-cases/1'),
  cases: z.array(argumentCase),
})
const recordedRun = z.object({
  model: z.string(),
  suite: z.string(),
  user_task: z.string(),
  injection_task: z.string().nullable(),
  calls: z.array(call),
})
const recordedRuns = z.object({ format: z.literal('recorded/1'), runs: z.array(recordedRun) })
/** What every file of cases is, by its `format`; what is wrong names what would be legal. */
export const caseFile: z.ZodType<CaseFile> = z.discriminatedUnion('format', [
  gateCases,
  suites,
  argumentCases,
  recordedRuns,
])

const AN_EVENT =
  'an event is {"call":{"name":…,"args":{…}},"result":KEY} (or "error":TEXT), or {"user":{…}}'
const WORDS = ['confirms', 'provides', 'states']

function checkWords(user: JsonObject, context: z.RefinementCtx): void {
  const kinds = Object.keys(user)
  for (const kind of kinds.filter((each) => !WORDS.includes(each))) {
    const message = `there is no such thing to say: ${legalNames(kind, WORDS)}`
    context.addIssue({ code: 'custom', path: [kind], message })
  }
  if (kinds.length === 0) context.addIssue(`a user says something: ${legalNames('', WORDS)}`)
  if (user['confirms'] === undefined) return
  for (const { path, message } of call.safeParse(user['confirms']).error?.issues ?? []) {
    context.addIssue({ code: 'custom', path: ['confirms', ...path], message })
  }
}

/** The recorded result of a call; null where nothing is recorded. */
export function resultOf(results: JsonObject, of: CalledEvent): Json {
  return of.result === undefined ? null : (results[of.result] ?? null)
}
