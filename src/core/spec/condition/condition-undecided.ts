import type { Condition } from './condition.ts'
import { partsOf, type Expression, type GetExpression } from './condition-expression.ts'
import { jsonType } from './condition-function.ts'
import type { Json, JsonObject } from '../json.ts'

/*
 * Why a condition came to no answer, in words for whoever made the call.
 */

const SHOWN_PATHS = 3
const SHOWN_CHARACTERS = 200

/**
 * Says which values a condition without an answer lacks: the first three of its paths to one value
 * that select nothing or null, those with a default and those tested against `null` apart; where none is
 * missing, of which types they are. Never a value: it may be secret (Law 17).
 */
export function whyUndecided(condition: Condition, context: JsonObject): string {
  const read = needed(condition.expression).map(({ path }) => ({
    text: path.text,
    values: path.select(context),
    singular: path.singular,
  }))
  const missing = read.filter(
    ({ values, singular }) => singular && values.every((value) => value === null),
  )
  if (missing.length > 0) return `nothing at ${listed(missing.map(({ text }) => text))}`
  const types = read.map(({ text, values, singular }) => `${text} is ${typeOf(values, singular)}`)
  const known = types.length === 0 ? '' : `; ${listed(types)}`
  return `a value is missing or of the wrong type${known}`
}

/** An author's condition on one line, cut to what a message holds; the workflow has the whole. */
export function shownCondition({ source }: Condition): string {
  const line = source.replaceAll(/\s+/g, ' ').trim()
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS)}…`
}

function needed(expression: Expression): readonly GetExpression[] {
  if (expression.kind === 'get') return expression.fallback === null ? [expression] : []
  const parts = partsOf(expression)
  const tested = expression.kind === 'binary' && parts.some(isNull)
  return (tested ? parts.filter(({ kind }) => kind !== 'get') : parts).flatMap(needed)
}

function isNull(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.value === null
}

function typeOf(values: readonly Json[], singular: boolean): string {
  if (!singular && values.length === 0) return 'an empty list'
  const type = singular ? jsonType(values[0] ?? null) : 'list'
  return type === 'object' ? 'an object' : `a ${type}`
}

function listed(texts: readonly string[]): string {
  const all = [...new Set(texts)]
  const more = all.length - SHOWN_PATHS
  return `${all.slice(0, SHOWN_PATHS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
