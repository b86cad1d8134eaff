import type { JsonObject } from '../core/spec/json.ts'
import { isJsonObject } from '../core/spec/json.ts'
import type { Statement } from '../drive/approve.ts'
import { readValue } from './read-input.ts'
import { UsageError } from './usage-error.ts'

/** The option of every command that takes facts which the user states. */
export const STATE_OPTION = '--state <kind=json>'
/** What its help says. */
export const STATE_HELP =
  'a fact that the user states, which gates read as $.user.KIND: JSON or @file; may repeat'

/**
 * Reads `KIND=JSON`, or `KIND=@file`, once per fact, in order. Throws a UsageError that shows the
 * form.
 */
export async function readStatements(given: readonly string[]): Promise<readonly Statement[]> {
  const statements: Statement[] = []
  for (const each of given) {
    const [, kind, value = ''] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(each) ?? []
    if (kind === undefined) throw new UsageError(`--state ${each}: a kind is missing`, FORM)
    const facts = await readValue(value, `--state ${kind}`)
    statements.push({ kind, facts: asFacts(facts, kind) })
  }
  return statements
}

const FORM = { advice: `for example: --state 'order={"id":"o1","reason":"too late"}'` }

function asFacts(value: unknown, kind: string): JsonObject {
  if (isJsonObject(value)) return value
  throw new UsageError(`--state ${kind} must be an object`, FORM)
}
