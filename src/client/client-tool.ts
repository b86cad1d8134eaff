import type { StandardSchema } from '../core/spec/define.ts'
import { isJsonObject, type Json } from '../core/spec/json.ts'
import { messageOf } from '../core/spec/message-of.ts'
import type { ArgumentsOf } from './arguments-of.ts'
import { checkArguments } from './check-arguments.ts'
import { LockstepApiError } from './lockstep-api-error.ts'

/*
 * Tools that run where the client runs (S0.26, S0.38): from what an author writes to what the server
 * is sent, and back to what executes a call.
 */

/** What a tool gets beside its arguments. */
export interface ClientToolContext {
  /** Stays the same when the same call is asked for again: hand it on to make a write happen once. */
  readonly callId: string
  /** Aborts when the caller aborts. */
  readonly signal: AbortSignal
}

/**
 * A tool by name, as seed 0 writes it. `parameters` is a JSON Schema or a Standard Schema that gives
 * one (zod 4), whose output `execute` gets. Without `execute` its calls are handed to the caller:
 * `create` answers with `requires_action`.
 */
export interface ClientTool<Schema = unknown> {
  readonly description?: string
  readonly parameters?: Schema & object
  /** Returns JSON. What it throws goes to the model as an error result. */
  readonly execute?: (args: ArgumentsOf<Schema>, context: ClientToolContext) => unknown
}

/** The same in OpenAI's list, with `execute` beside the function or in it. */
export interface ListedTool {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string
    readonly parameters?: object
    readonly strict?: boolean
    readonly execute?: (args: never, context: ClientToolContext) => unknown
  }
  readonly execute?: (args: never, context: ClientToolContext) => unknown
}

/** Tools by name; `Schemas` has the `parameters` of each. */
export type ToolMap<Schemas> = { readonly [Name in keyof Schemas]: ClientTool<Schemas[Name]> }

/** A tool as the loop uses it. */
export interface LocalTool {
  readonly name: string
  /** Null where its calls are the caller's own business. */
  readonly run: ((args: Json, context: ClientToolContext) => Promise<unknown>) | null
}

export interface LocalTools {
  /** What the server is sent; undefined for no tools at all. */
  readonly wire: Json | undefined
  readonly byName: ReadonlyMap<string, LocalTool>
}

/** A tool's arguments that its schema does not let through. */
export class ArgumentsError extends Error {}

/** Reads `tools` of a request; throws `invalid_tools` with the name of the one that is wrong. */
export function readTools(tools: unknown): LocalTools {
  if (tools === undefined || tools === null) return { wire: undefined, byName: new Map() }
  if (Array.isArray(tools)) {
    const read = tools.map((tool, index) => readListed(tool, index))
    return {
      wire: read.map(({ wire }) => wire),
      byName: byName(read.flatMap(({ local }) => (local === null ? [] : [local]))),
    }
  }
  if (!isObject(tools)) throw invalid('`tools` is neither a map of tools nor a list')
  const read = Object.entries(tools).map(([name, tool]) => readNamed(name, tool))
  return {
    wire: Object.fromEntries(read.map(({ local, wire }) => [local.name, wire])),
    byName: byName(read.map(({ local }) => local)),
  }
}

function byName(tools: readonly LocalTool[]): ReadonlyMap<string, LocalTool> {
  const found = new Map<string, LocalTool>()
  for (const tool of tools) {
    if (found.has(tool.name)) throw invalid(`there are two tools ${tool.name}`)
    found.set(tool.name, tool)
  }
  return found
}

function readNamed(
  name: string,
  tool: unknown,
): { readonly local: LocalTool; readonly wire: Json } {
  if (!isObject(tool))
    throw invalid(`tools.${name} is no tool; it has description, parameters, execute`)
  const { parameters, execute, ...rest } = tool
  const schema = readSchema(parameters, `tools.${name}.parameters`)
  return {
    local: { name, run: runnerOf(execute, { name, schema, tool }) },
    wire: plain({ ...rest, ...(schema.json === undefined ? {} : { parameters: schema.json }) }),
  }
}

/** Tools of other types than `function` are the server's own and pass through. */
function readListed(
  tool: unknown,
  index: number,
): { readonly local: LocalTool | null; readonly wire: Json } {
  if (!isObject(tool)) throw invalid(`tools[${index}] is no tool`)
  if (tool['type'] !== 'function') return { local: null, wire: plain(tool) }
  // The Responses API has the function's members beside `type`.
  const { execute: beside, ...outer } = tool
  const nested = isObject(tool['function']) ? tool['function'] : null
  const { execute: inside, parameters, ...inner } = nested ?? outer
  const { name } = inner
  if (typeof name !== 'string') throw invalid(`tools[${index}] has no name`)
  const schema = readSchema(parameters, `the parameters of tools[${index}] (${name})`)
  const wire = { ...inner, ...(schema.json === undefined ? {} : { parameters: schema.json }) }
  return {
    local: { name, run: runnerOf(inside ?? beside, { name, schema, tool: nested ?? tool }) },
    wire: plain(nested === null ? wire : { ...outer, function: wire }),
  }
}

interface ReadSchema {
  readonly json: object | undefined
  /** What `execute` gets; throws ArgumentsError. */
  readonly read: (args: Json) => unknown
}

function readSchema(schema: unknown, where: string): ReadSchema {
  if (schema === undefined) return { json: undefined, read: (args) => args }
  if (!isObject(schema) && typeof schema !== 'function') {
    throw invalid(`${where} is neither a JSON Schema nor a Standard Schema`)
  }
  if (isStandard(schema)) return standardSchema(schema, where)
  const json = plain(schema)
  return {
    json: schema,
    read(args) {
      const wrong = checkArguments(json, args)
      if (wrong.length > 0) throw new ArgumentsError(wrong.slice(0, 8).join('; '))
      return args
    },
  }
}

function isStandard(schema: object): schema is StandardSchema {
  const standard: unknown = Reflect.get(schema, '~standard')
  return isObject(standard) && typeof standard['validate'] === 'function'
}

function standardSchema(schema: StandardSchema, where: string): ReadSchema {
  const { validate, jsonSchema, vendor } = schema['~standard']
  if (jsonSchema === undefined) {
    throw invalid(
      `${where}: ${vendor} gives no JSON Schema; use a version that does (zod 4), or write the JSON Schema`,
    )
  }
  const { $schema: _, ...json } = jsonSchema.input({ target: 'draft-2020-12' })
  return {
    json,
    async read(args) {
      const result = await validate(args)
      if (result.issues === undefined) return result.value
      const lines = result.issues.slice(0, 8).map(({ message, path = [] }) => {
        const keys = path.map((key) => String(typeof key === 'object' ? key.key : key))
        return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
      })
      throw new ArgumentsError(lines.join('; '))
    },
  }
}

function runnerOf(
  execute: unknown,
  of: { readonly name: string; readonly schema: ReadSchema; readonly tool: object },
): LocalTool['run'] {
  if (execute === undefined) return null
  if (typeof execute !== 'function') throw invalid(`the execute of ${of.name} is no function`)
  return async (args, context) => {
    const read = await of.schema.read(args)
    const value: unknown = await Reflect.apply(execute, of.tool, [read, context])
    return value
  }
}

/** A copy as JSON says it: functions and the like stay here. */
function plain(value: object): Json {
  try {
    const copy: Json = JSON.parse(JSON.stringify(value))
    return copy
  } catch (cause) {
    throw invalid(`a tool cannot be written as JSON: ${messageOf(cause)}`)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isJsonObject(value)
}

function invalid(message: string): LockstepApiError {
  return new LockstepApiError(message, { code: 'invalid_tools' })
}
