/*
 * What a script is: a list with one entry per model call, as an author writes it (DESIGN §5) and as
 * recorder.ts captures it. In flows YAML, JSON or a value; out flow checked entries, or issues with
 * a path (and from a file: a line and a column).
 */
import { z } from 'zod'
import { NEXT_ACTIONS } from '../core/log/decision.ts'
import type { FinishReason, Risk, Usage } from '../core/log/event.ts'
import { legalNames } from '../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/spec/json.ts'

/** A whole script, in the order in which its entries are taken. */
export type Script = readonly ScriptEntry[]

/** One entry: an answer, or a failure that comes once before the answer after it. */
export type ScriptEntry = ScriptAnswer | ScriptFailure

interface ScriptPlace {
  /** Only calls of this step, role and item of a fan-out (from 0) take the entry; an absent one fits all. */
  readonly when: { readonly step?: string; readonly role?: string; readonly item?: number }
  /** How long the mind waits before it answers. */
  readonly delayMs: number
}

export interface ScriptAnswer extends ScriptPlace {
  readonly kind: 'answer'
  readonly parts: readonly ScriptPart[]
  readonly finish: FinishReason
  /** Null: the mind estimates it. */
  readonly usage: Usage | null
  /** What the model says of its calls. */
  readonly risk?: Risk
}

export interface ScriptFailure extends ScriptPlace {
  readonly kind: 'failure'
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly retryAfterSeconds: number | null
}

/** An AnswerPart whose call may leave its id to the mind. */
export type ScriptPart =
  | { readonly type: 'text' | 'reasoning'; readonly text: string; readonly options?: JsonObject }
  | {
      readonly type: 'call'
      readonly id: string | null
      readonly tool: string
      readonly args: Json
      readonly options?: JsonObject
    }

/** What is wrong with a script, and where: `[3, 'args']` is the fourth entry's arguments. */
export interface ScriptIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export type ParsedScript =
  | { readonly ok: true; readonly script: Script }
  | { readonly ok: false; readonly issues: readonly ScriptIssue[] }

const FINISHES = ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other'] as const

/** A strict object whose complaint about an unknown key names the legal ones. */
function strict<Shape extends z.core.$ZodShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const legal = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(key, legal)).join('\n')
        : undefined,
  })
}

/** One line: toIssues() splits a message that speaks of several keys. */
function unknownKey(key: string, legal: readonly string[]): string {
  return `unknown key ${JSON.stringify(key)}; ${legalNames(key, legal)}`
}

// By reference and not by z.json(), which would drop a member named __proto__: attacks are scripts too.
const json = z.custom<Json>(isJson, 'must be JSON')
const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value) && isJson(value), {
  error: 'must be a JSON object',
})
const name = z.string().min(1)
const count = z.int().min(0)

const call = strict({
  tool: name,
  args: json.exactOptional(),
  id: name.exactOptional(),
  options: jsonObject.exactOptional(),
})

const part = z.discriminatedUnion('type', [
  strict({ type: z.literal('text'), text: z.string(), options: jsonObject.exactOptional() }),
  strict({ type: z.literal('reasoning'), text: z.string(), options: jsonObject.exactOptional() }),
  strict({ type: z.literal('call'), ...call.shape }),
])

const usage = strict({
  input: count.exactOptional(),
  output: count.exactOptional(),
  cached: count.exactOptional(),
  prompt_tokens: count.exactOptional(),
  completion_tokens: count.exactOptional(),
  cached_tokens: count.exactOptional(),
})

const failure = strict({
  code: z.union([name, z.int().transform(String)]),
  message: z.string(),
  retryable: z.boolean().exactOptional(),
  retry_after_seconds: z.number().min(0).exactOptional(),
})

/** A native envelope (S4.14); what is left out is sure, harmless and not done. */
const decision = strict({
  next_action: z.enum(NEXT_ACTIONS),
  tool_name: name.exactOptional(),
  tool_args: json.exactOptional(),
  answer: json.exactOptional(),
  confidence: z.number().min(0).max(1).exactOptional(),
  risk_level: z.enum(['low', 'medium', 'high']).exactOptional(),
  success_criteria_met: z.boolean().exactOptional(),
})

const SURE = { confidence: 1, risk_level: 'low', success_criteria_met: false }

const entry = strict({
  call: name.exactOptional(),
  args: json.exactOptional(),
  id: name.exactOptional(),
  calls: z.array(call).min(1).exactOptional(),
  text: z.string().exactOptional(),
  output: json.exactOptional(),
  parts: z.array(part).exactOptional(),
  error: failure.exactOptional(),
  decision: decision.exactOptional(),
  usage: usage.exactOptional(),
  risk: z.enum(['low', 'medium', 'high']).exactOptional(),
  delay_ms: z.number().min(0).max(86_400_000).exactOptional(),
  when: strict({
    step: name.exactOptional(),
    role: name.exactOptional(),
    item: count.exactOptional(),
  }).exactOptional(),
  finish: z.enum(FINISHES).exactOptional(),
}).superRefine((written, context) => {
  for (const message of contradictions(written)) context.addIssue({ code: 'custom', message })
})

type WrittenEntry = z.output<typeof entry>

const entries = z.array(entry, { error: 'a script is a list with one entry per model call' })

const KINDS = ['call', 'calls', 'text', 'output', 'parts', 'error', 'decision'] as const

function contradictions(written: Partial<Record<string, unknown>>): string[] {
  const given = KINDS.filter((kind) => Object.hasOwn(written, kind))
  const messages: string[] = []
  if (given.length === 0) messages.push(`says nothing; give one of ${KINDS.join(', ')}`)
  const [first, ...more] = given.filter((kind) => kind !== 'text')
  const besideText = first === undefined || first === 'call' || first === 'calls'
  if (more.length > 0 || (given.includes('text') && !besideText)) {
    messages.push(`has ${given.join(' and ')}; only text may stand beside call or calls`)
  }
  for (const key of ['args', 'id']) {
    if (Object.hasOwn(written, key) && !given.includes('call')) {
      messages.push(`${key} belongs to call; inside calls each call has its own`)
    }
  }
  for (const key of ['usage', 'risk', 'finish']) {
    if (Object.hasOwn(written, key) && given.includes('error')) {
      messages.push(`${key} belongs to an answer, and this entry is an error`)
    }
  }
  return messages
}

/**
 * Checks a script that is already a value: a list with one entry per model call (DESIGN §5).
 *
 * `call` + `args` (+ `id`), `calls`, `text` (alone or beside calls), `output` (its text is its
 * JSON), `decision` (a native envelope), `parts` (a recording's exact message) or `error`; each with optional `usage`, `delay_ms`,
 * `when`, `finish` and `risk` (what the model says of its calls). Never throws; the issues name the legal keys.
 */
export function parseScript(value: unknown): ParsedScript {
  const parsed = entries.safeParse(value)
  if (parsed.success) return { ok: true, script: parsed.data.map(toEntry) }
  return { ok: false, issues: parsed.error.issues.flatMap(toIssues) }
}

function toIssues(issue: z.core.$ZodIssue): ScriptIssue[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
  // One issue per unknown key, at the key itself, so that a file's line is the key's.
  if (issue.code !== 'unrecognized_keys') {
    return [{ path, message: issue.message.replace(/^Invalid (?:input|option): /, '') }]
  }
  const messages = issue.message.split('\n')
  return issue.keys.map((key, index) => ({
    path: [...path, key],
    message: messages[index] ?? issue.message,
  }))
}

function toEntry(written: WrittenEntry): ScriptEntry {
  const place = { when: written.when ?? {}, delayMs: written.delay_ms ?? 0 }
  if (written.error !== undefined) {
    const { code, message, retryable, retry_after_seconds: after } = written.error
    const failed = {
      code,
      message,
      retryable: retryable ?? false,
      retryAfterSeconds: after ?? null,
    }
    return { ...place, kind: 'failure', ...failed }
  }
  const parts = toParts(written)
  const finish = written.finish ?? (parts.some(isCall) ? 'tool-calls' : 'stop')
  const risk = written.risk === undefined ? {} : { risk: written.risk }
  return { ...place, kind: 'answer', parts, finish, usage: toUsage(written.usage), ...risk }
}

function toParts(written: WrittenEntry): ScriptPart[] {
  if (written.parts !== undefined) {
    return written.parts.map((item) => (item.type === 'call' ? toCall(item) : item))
  }
  const json = written.decision === undefined ? written.output : { ...SURE, ...written.decision }
  const text = json === undefined ? written.text : JSON.stringify(json)
  const parts: ScriptPart[] = text === undefined ? [] : [{ type: 'text', text }]
  if (written.call !== undefined) {
    parts.push(toCall({ ...written, tool: written.call }))
  }
  return [...parts, ...(written.calls ?? []).map(toCall)]
}

function toCall(item: {
  readonly tool: string
  readonly args?: Json
  readonly id?: string
  readonly options?: JsonObject
}): ScriptPart {
  const made = {
    type: 'call',
    id: item.id ?? null,
    tool: item.tool,
    args: item.args === undefined ? {} : item.args,
  } as const
  return item.options === undefined ? made : { ...made, options: item.options }
}

function isCall(item: ScriptPart): boolean {
  return item.type === 'call'
}

function toUsage(written: WrittenEntry['usage']): Usage | null {
  if (written === undefined) return null
  return {
    input: written.input ?? written.prompt_tokens ?? 0,
    output: written.output ?? written.completion_tokens ?? 0,
    cached: written.cached ?? written.cached_tokens ?? 0,
  }
}

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return isJsonObject(value) && Object.values(value).every(isJson)
}
