import type { Json, JsonObject } from '../core/spec/json.ts'

import { isJsonObject, ownValue } from '../core/spec/json.ts'

const STRICT_KEYWORDS = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  '$ref',
  '$defs',
  'title',
  'description',
])

/**
 * True when OpenAI takes a schema in strict mode: the root is an object, every object is closed and
 * requires all its properties, and only keywords that strict mode is known to take occur. The
 * others are sent with `strict: false` and checked by us when the answer is there (S0 structured
 * output): a request that OpenAI rejects would be worse than a schema that it only follows loosely.
 */
export function isOpenAiStrictSchema(schema: JsonObject): boolean {
  return ownValue(schema, 'type') === 'object' && fits(schema)
}

function fits(schema: Json): boolean {
  if (!isJsonObject(schema)) return false
  if (Object.keys(schema).some((key) => !STRICT_KEYWORDS.has(key))) return false
  if (mentionsObject(schema) && !isClosed(schema)) return false
  const items = ownValue(schema, 'items')
  if (items !== undefined && !fits(items)) return false
  const anyOf = ownValue(schema, 'anyOf')
  if (anyOf !== undefined && !(Array.isArray(anyOf) && anyOf.every(fits))) return false
  return members(schema, 'properties').every(fits) && members(schema, '$defs').every(fits)
}

function mentionsObject(schema: JsonObject): boolean {
  const type = ownValue(schema, 'type')
  const named = type === 'object' || (Array.isArray(type) && type.includes('object'))
  return named || Object.hasOwn(schema, 'properties')
}

function isClosed(schema: JsonObject): boolean {
  const properties = ownValue(schema, 'properties')
  const required = ownValue(schema, 'required')
  if (ownValue(schema, 'additionalProperties') !== false) return false
  if (!isJsonObject(properties) || !Array.isArray(required)) return false
  const names = new Set<Json>(required)
  return Object.keys(properties).every((name) => names.has(name))
}

function members(schema: JsonObject, keyword: string): readonly Json[] {
  const map = ownValue(schema, keyword)
  return isJsonObject(map) ? Object.values(map) : []
}
