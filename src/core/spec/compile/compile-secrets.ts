import { errorAt, type Issue, type IssuePath } from '../issue.ts'
import type { JsonObject } from '../json.ts'
import { compileSchema, type SchemaCheck } from '../json-schema.ts'
import {
  misplacedSecrets,
  referenceSchema,
  secretFields,
  type SecretFields,
  type SecretInput,
} from '../secret-fields.ts'

interface Place {
  readonly at: IssuePath
  readonly issues: Issue[]
}

/**
 * Compiles the schema of an input or of arguments. `check` is the kernel's: in secret places it
 * takes references and nothing else, so that a plain value that came that far is refused (Law 17).
 * `own` is the implementation's schema, which is asked about plain values only.
 */
export function compileSecretSchema(
  schema: JsonObject | undefined,
  known: Place & { readonly own: SchemaCheck | null },
): { readonly check: SchemaCheck | null; readonly secrets: SecretInput | null } {
  if (schema === undefined) return { check: null, secrets: null }
  const { own } = known
  const plain = compilePlain(schema, known)
  const fields = secretFields(schema)
  if (plain === null || fields === null) return { check: both(plain, own), secrets: null }
  const check = compileSchema(referenceSchema(schema))
  return {
    check: check.ok ? check.check : null,
    secrets: { fields, check: both(plain, own) ?? plain },
  }
}

/** The secret places of a tool's result. */
export function secretOutput(schema: JsonObject | null, place: Place): SecretFields | null {
  if (schema === null) return null
  compilePlain(schema, place)
  return secretFields(schema)
}

function compilePlain(schema: JsonObject, { at, issues }: Place): SchemaCheck | null {
  issues.push(...misplacedSecrets(schema, at, { legal: true }))
  const compiled = compileSchema(schema)
  if (compiled.ok) return compiled.check
  issues.push(errorAt([...at, ...compiled.path], `not a JSON Schema: ${compiled.message}`))
  return null
}

function both(check: SchemaCheck | null, own: SchemaCheck | null): SchemaCheck | null {
  if (check === null || own === null) return check
  return (value) => check(value) ?? own(value)
}
