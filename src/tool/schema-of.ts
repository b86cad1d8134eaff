import { messageOf } from '../core/spec/message-of.ts'
import { z } from 'zod'
import type { StandardResult, StandardSchema } from '../core/spec/define.ts'
import { isJsonObject, type JsonObject } from '../core/spec/json.ts'

/** A tool's own validator: the value that `execute` gets, or what is wrong in words. */
export type ArgumentsValidator = (
  args: unknown,
) =>
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string }

export type ToolSchema =
  | { readonly ok: true; readonly schema: JsonObject; readonly validate?: ArgumentsValidator }
  | { readonly ok: false; readonly message: string }

const TARGET = 'draft-2020-12'
const AI_SCHEMA: symbol = Symbol.for('vercel.ai.schema')
const ASYNC = 'the schema validates asynchronously; a call is judged at once, so check in execute'

/**
 * Reads what a tool gives as `input`: a JSON Schema, a Standard Schema (zod, valibot, arktype) or
 * the AI SDK's `jsonSchema()`; the JSON Schema goes to the model and to the kernel.
 *
 * `validate` is there when the schema has a validator of its own, which never throws: an
 * asynchronous one is refused here when it shows itself, else by refusing the call (Law 4).
 */
export function schemaOf(input: unknown): ToolSchema {
  try {
    if (isStandardSchema(input)) return fromStandard(input)
    const schema = typeof input === 'function' ? Reflect.apply(input, undefined, []) : input
    if (isStandardSchema(schema)) return fromStandard(schema)
    if (isJsonObject(schema) && Reflect.get(schema, AI_SCHEMA) === true) return fromAi(schema)
    return checked(schema)
  } catch (error) {
    return { ok: false, message: `the schema fails: ${messageOf(error)}` }
  }
}

/** True for a Standard Schema of version 1, whoever made it. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard: unknown = Reflect.get(value, '~standard')
  return (
    isJsonObject(standard) &&
    standard['version'] === 1 &&
    typeof Reflect.get(standard, 'validate') === 'function'
  )
}

function fromStandard(input: StandardSchema): ToolSchema {
  const standard = input['~standard']
  const json = standard.jsonSchema?.input({ target: TARGET }) ?? zodJsonSchema(input)
  if (json === null) {
    const message = `${standard.vendor} gives no JSON Schema; use a version that does (zod 4), or write the JSON Schema`
    return { ok: false, message }
  }
  const { $schema: _, ...schema } = json
  return withValidator(schema, (args) => mapResult(standard.validate(args), readStandard))
}

/** For zod 4 before its schemas could do so themselves. */
function zodJsonSchema(input: unknown): Record<string, unknown> | null {
  return input instanceof z.ZodType ? z.toJSONSchema(input, { target: TARGET, io: 'input' }) : null
}

function readStandard(result: StandardResult<unknown>): ReturnType<ArgumentsValidator> {
  if (result.issues === undefined) return { ok: true, value: result.value }
  const lines = result.issues.slice(0, 8).map((issue) => {
    const path = (issue.path ?? []).map((key) => String(typeof key === 'object' ? key.key : key))
    return path.length === 0 ? issue.message : `${path.join('.')}: ${issue.message}`
  })
  return { ok: false, message: lines.join('; ') }
}

function fromAi(input: object): ToolSchema {
  const schema: unknown = Reflect.get(input, 'jsonSchema')
  if (isPromise(schema)) return { ok: false, message: 'the JSON Schema comes as a promise' }
  const validate: unknown = Reflect.get(input, 'validate')
  if (typeof validate !== 'function') return checked(schema)
  return withValidator(schema, (args) =>
    mapResult<unknown>(Reflect.apply(validate, input, [args]), readAi),
  )
}

function readAi(result: unknown): ReturnType<ArgumentsValidator> {
  if (!isJsonObject(result)) return { ok: false, message: 'the validator gave no result' }
  if (result['success'] === true) return { ok: true, value: result['value'] }
  return { ok: false, message: messageOf(result['error']) }
}

function withValidator(schema: unknown, check: ArgumentsValidator): ToolSchema {
  const json = checked(schema)
  if (!json.ok) return json
  const validate: ArgumentsValidator = (args) => {
    try {
      return check(args)
    } catch (error) {
      return { ok: false, message: messageOf(error) }
    }
  }
  const probe = validate({})
  if (!probe.ok && probe.message === ASYNC) return { ok: false, message: ASYNC }
  return { ok: true, schema: json.schema, validate }
}

function mapResult<Result>(
  result: Result | Promise<Result>,
  read: (result: Result) => ReturnType<ArgumentsValidator>,
): ReturnType<ArgumentsValidator> {
  if (!isPromise(result)) return read(result)
  result.catch(() => {})
  return { ok: false, message: ASYNC }
}

function checked(schema: unknown): ToolSchema {
  if (!isJsonObject(schema) || !z.json().safeParse(schema).success) {
    return { ok: false, message: 'is neither a JSON Schema nor a Standard Schema' }
  }
  const type = schema['type']
  if (type !== undefined && type !== 'object') {
    return { ok: false, message: `describes ${JSON.stringify(type)}; arguments are an object` }
  }
  return { ok: true, schema }
}

function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return value instanceof Promise
}
