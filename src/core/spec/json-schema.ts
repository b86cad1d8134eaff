import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json, JsonObject } from './json.ts'

/** Says what is wrong with a value, or null when it fits. */
export type SchemaCheck = (value: Json) => string | null

export type CompiledSchema =
  | { readonly ok: true; readonly check: SchemaCheck }
  | { readonly ok: false; readonly message: string }

// One shared instance: the first costs 26 ms, each schema after it 1 ms. Own properties only, so
// that a prototype's members never count as arguments.
const ajv = new Ajv2020({
  allErrors: true,
  ownProperties: true,
  strict: false,
  addUsedSchema: false,
  validateFormats: true,
  logger: false,
})
// The package is CommonJS: its default export is the function itself or an object that holds it.
const formats = typeof addFormats === 'function' ? addFormats : addFormats.default
formats(ajv)

/**
 * Compiles a JSON Schema (2020-12). Values are never changed: no defaults, no coercion, so what a
 * gate reads is what the model sent (Law 3).
 */
export function compileSchema(schema: JsonObject): CompiledSchema {
  let validate: ValidateFunction
  try {
    validate = ajv.compile(schema)
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
  if (Reflect.get(validate, '$async') === true) {
    return { ok: false, message: '`$async` schemas are not supported' }
  }
  return {
    ok: true,
    check: (value) => (validate(value) === true ? null : describeErrors(validate.errors ?? [])),
  }
}

function describeErrors(errors: readonly ErrorObject[]): string {
  const lines = errors.slice(0, 8).map((error) => {
    const where =
      error.instancePath === '' ? '' : `${error.instancePath.slice(1).replaceAll('/', '.')} `
    const extra: unknown = error.params['additionalProperty'] ?? error.params['allowedValues']
    const named =
      extra === undefined ? '' : ` (${Array.isArray(extra) ? extra.join(', ') : String(extra)})`
    return `${where}${error.message ?? error.keyword}${named}`
  })
  return [...new Set(lines)].join('; ')
}
