import { messageOf } from './message-of.ts'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { isJsonObject, type Json, type JsonObject } from './json.ts'

/** Says what is wrong with a value, or null when it fits. */
export type SchemaCheck = (value: Json) => string | null

export type CompiledSchema =
  | { readonly ok: true; readonly check: SchemaCheck }
  | {
      readonly ok: false
      readonly message: string
      /** Where in the schema; empty when it is the whole. */
      readonly path: readonly string[]
    }

// The package is CommonJS: its default export is the function itself or an object that holds it.
const formats = typeof addFormats === 'function' ? addFormats : addFormats.default

/** Own properties only, so that a prototype's members never count as arguments. */
function newCompiler({ meta }: { readonly meta: boolean }): Ajv2020 {
  const compiler = new Ajv2020({
    allErrors: true,
    ownProperties: true,
    strict: false,
    addUsedSchema: false,
    validateFormats: true,
    validateSchema: false,
    logger: false,
    meta,
  })
  formats(compiler)
  return compiler
}

// Knows what a schema is, which costs 26 ms once. It compiles none: a compiler keeps for ever what
// it compiled, and a server is sent schemas with its requests. A new one costs 0.1 ms.
const ajv = newCompiler({ meta: true })

/** Schemas that refer to the meta-schema need a compiler that knows it. */
const META = /"https?:\/\/json-schema\.org\/draft\/2020-12\//

/** Drafts whose usual schemas mean the same in 2020-12; what differs does not compile. */
const OLDER = /^https?:\/\/json-schema\.org\/(?:draft-0[67]|draft\/2019-09)\/schema#?$/

/**
 * Compiles a JSON Schema (2020-12; `$schema` may name draft 6, 7 or 2019-09). Values are never
 * changed: no defaults, no coercion, so what a gate reads is what the model sent (Law 3). Total.
 */
export function compileSchema(schema: JsonObject): CompiledSchema {
  const { $schema, ...rest } = schema
  const written = typeof $schema === 'string' && OLDER.test($schema) ? rest : schema
  let validate: ValidateFunction
  try {
    if (!isValid(written)) return explain(ajv.errors ?? [], schema)
    const { $schema: _, ...own } = written
    validate = newCompiler({ meta: META.test(JSON.stringify(own)) }).compile(own)
  } catch (error) {
    const message = messageOf(error)
    return { ok: false, message, path: [] }
  }
  if (Reflect.get(validate, '$async') === true) {
    return { ok: false, message: '`$async` schemas are not supported', path: ['$async'] }
  }
  return {
    ok: true,
    check: (value) => {
      try {
        const fits: unknown = validate(value)
        return fits === true ? null : describeErrors(validate.errors ?? [])
      } catch (error) {
        return `cannot be checked: ${messageOf(error)}`
      }
    },
  }
}

function isValid(schema: JsonObject): boolean {
  const valid: unknown = ajv.validateSchema(schema)
  return valid === true
}

/** The deepest of the meta-schema's errors is the one that says most. */
function explain(errors: readonly ErrorObject[], schema: JsonObject): CompiledSchema {
  const deepest = Math.max(...errors.map(depth))
  const here = errors.filter((error) => depth(error) === deepest)
  const path = pointerPath(here[0]?.instancePath ?? '')
  const value = JSON.stringify(valueAt(schema, path)) ?? 'nothing'
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value
  const legal = here
    .map((error): unknown => error.params['allowedValues'])
    .find((values) => Array.isArray(values))
  const message =
    legal === undefined
      ? `${here[0]?.message ?? 'is no schema'}, got ${shown}`
      : `${shown} is not legal; legal: ${legal.join(', ')}`
  return { ok: false, message, path }
}

function depth(error: ErrorObject): number {
  return error.instancePath.split('/').length
}

function pointerPath(pointer: string): readonly string[] {
  const parts = pointer.split('/').slice(1)
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function valueAt(schema: Json, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, part) =>
      isJsonObject(value) || Array.isArray(value) ? Reflect.get(value, part) : undefined,
    schema,
  )
}

function describeErrors(errors: readonly ErrorObject[]): string {
  const lines = errors.slice(0, 8).map((error) => {
    const where =
      error.instancePath === '' ? '' : `${error.instancePath.slice(1).replaceAll('/', '.')} `
    const extra: unknown = error.params['additionalProperty'] ?? error.params['allowedValues']
    const words: readonly unknown[] = extra === undefined ? [] : [extra].flat()
    const texts = words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word)))
    const named = texts.length === 0 ? '' : ` (${texts.join(', ')})`
    return `${where}${error.message ?? error.keyword}${named}`
  })
  return [...new Set(lines)].join('; ')
}
