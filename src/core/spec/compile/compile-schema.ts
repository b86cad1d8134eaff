import { errorAt, type Issue, type IssuePath } from '../issue.ts'
import type { JsonObject } from '../json.ts'
import { compileSchema, type SchemaCheck } from '../json-schema.ts'
import { misplacedSecrets } from '../secret-fields.ts'

/**
 * Compiles a JSON Schema in which nothing may be secret, as of a step's output; null (and an issue)
 * when it is none. Where secrets are kept, compileSecretSchema compiles it (Law 17).
 */
export function checkSchema(
  schema: JsonObject,
  at: IssuePath,
  issues: Issue[],
): SchemaCheck | null {
  issues.push(...misplacedSecrets(schema, at, { legal: false }))
  const compiled = compileSchema(schema)
  if (compiled.ok) return compiled.check
  issues.push(errorAt([...at, ...compiled.path], `not a JSON Schema: ${compiled.message}`))
  return null
}
