import type { StandardSchema, ToolContext, ToolDefinition } from '../core/spec/define.ts'
import { legalNames } from '../core/spec/issue.ts'
import type { JsonObject } from '../core/spec/json.ts'
import { workflowSchema } from '../core/spec/schema.ts'
import type { ToolSpec } from '../core/spec/spec.ts'
import { isStandardSchema, schemaOf, type ToolSchema } from './schema-of.ts'

export type ReadDefinition =
  | { readonly ok: true; readonly definition: ToolDefinition<unknown> }
  | { readonly ok: false; readonly messages: readonly string[] }

const FACTS = ['effect', 'risk', 'idempotent', 'timeout', 'retry', 'output'] as const
const KEYS = ['about', 'input', 'execute', ...FACTS] as const

/** What an AI SDK tool may ask for and would not get here; each would be lost in silence. */
const UNMET: Readonly<Record<string, string>> = {
  needsApproval: 'needsApproval is not read; write a gate with `else: approve` or `confirm: true`',
  contextSchema: 'contextSchema asks for a context that a workflow does not give',
  toModelOutput: 'toModelOutput is not applied; let execute return what the model may see',
}

/**
 * Reads a module's export as a tool: a `defineTool` object, a plain object of the same shape, or an
 * AI SDK `tool({...})`. What it leaves out is taken from the workflow's entry (`about`, `input`).
 *
 * Never throws; the messages say what is wrong with the value.
 */
export function toDefinition(value: unknown, spec: ToolSpec): ReadDefinition {
  if (typeof value !== 'object' || value === null) {
    return { ok: false, messages: [`is a ${typeof value}, not a tool; export defineTool({ … })`] }
  }
  const ai = Reflect.has(value, 'inputSchema')
  const messages = ai ? unmetWishes(value) : unknownKeys(value)
  const execute = executeOf(value, ai)
  if (execute === null) {
    messages.push('has no execute; for a tool that the caller executes write `client: true`')
  }
  const about = Reflect.get(value, ai ? 'description' : 'about') ?? spec.about
  if (typeof about !== 'string' || about === '') {
    messages.push(`has no ${ai ? 'description' : 'about'}, which must be a text`)
  }
  const raw: unknown = Reflect.get(value, ai ? 'inputSchema' : 'input') ?? spec.input
  const schema: ToolSchema =
    raw === undefined ? { ok: false, message: 'is missing' } : schemaOf(raw)
  if (!schema.ok) messages.push(`${ai ? 'inputSchema' : 'input'} ${schema.message}`)
  const facts = readFacts(value, ai)
  if (!facts.ok) messages.push(...facts.messages)
  if (messages.length > 0 || execute === null || typeof about !== 'string') {
    return { ok: false, messages }
  }
  if (!schema.ok || !facts.ok) return { ok: false, messages }
  const input = isStandardSchema(raw) ? raw : toInput(schema)
  return { ok: true, definition: { ...facts.facts, about, input, execute } }
}

function unknownKeys(value: object): string[] {
  const legal: readonly string[] = KEYS
  return Object.keys(value)
    .filter((key) => !legal.includes(key))
    .map((key) => `has an unknown key ${key}; ${legalNames(key, KEYS)}`)
}

function unmetWishes(value: object): string[] {
  const wishes = Object.keys(UNMET).filter((key) => {
    const wish: unknown = Reflect.get(value, key)
    return wish !== undefined && wish !== false
  })
  const messages = wishes.map((key) => UNMET[key] ?? key)
  if (Reflect.get(value, 'type') === 'provider') {
    messages.push('is executed by its provider, where no gate can reach it')
  }
  return messages
}

function executeOf(value: object, ai: boolean): ToolDefinition<unknown>['execute'] | null {
  const execute: unknown = Reflect.get(value, 'execute')
  if (typeof execute !== 'function') return null
  if (!ai) return (args, context) => Reflect.apply(execute, value, [args, context])
  return async (args: unknown, context: ToolContext) => {
    const options = { toolCallId: context.callId, messages: [], abortSignal: context.signal }
    const result: unknown = await Reflect.apply(execute, value, [args, options])
    return isAsyncIterable(result) ? lastOf(result) : result
  }
}

/** The AI SDK lets `execute` stream preliminary results; the last one counts. */
async function lastOf(results: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown
  for await (const result of results) last = result
  return last
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

type Facts = Pick<ToolDefinition<unknown>, (typeof FACTS)[number]>

/** The workflow's own schema checks them, so that a fact has one shape wherever it is written. */
function readFacts(
  value: object,
  ai: boolean,
):
  | { readonly ok: true; readonly facts: Facts }
  | { readonly ok: false; readonly messages: string[] } {
  const given: Record<string, unknown> = {}
  for (const key of FACTS) {
    const fact: unknown = Reflect.get(value, key)
    if (fact !== undefined) given[key] = fact
  }
  const outputSchema: unknown = ai ? Reflect.get(value, 'outputSchema') : undefined
  if (outputSchema !== undefined) {
    // An output may be any JSON; only a schema that can be read as one is worth keeping.
    const output = schemaOf(outputSchema)
    if (output.ok) given['output'] = output.schema
  }
  const tools = { tool: given }
  const parsed = workflowSchema.safeParse({ workflow: 'w', steps: [{ prompt: 'p' }], tools })
  if (parsed.success) return { ok: true, facts: parsed.data.tools?.['tool'] ?? {} }
  const messages = parsed.error.issues.map(
    (issue) => `${issue.path.slice(2).join('.')}: ${issue.message}`,
  )
  return { ok: false, messages }
}

function toInput(schema: Extract<ToolSchema, { ok: true }>): JsonObject | StandardSchema {
  const { validate } = schema
  if (validate === undefined) return schema.schema
  return {
    '~standard': {
      version: 1,
      vendor: 'ai',
      validate: (value) => {
        const result = validate(value)
        return result.ok ? { value: result.value } : { issues: [{ message: result.message }] }
      },
      jsonSchema: { input: () => ({ ...schema.schema }) },
    },
  }
}
