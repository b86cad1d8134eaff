import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'

/*
 * Function lists that were written for other languages name types that JSON Schema has other words
 * for (`dict`, `float`, `ArrayList`). They are read as what they mean; everything else stays.
 */

const MEANT: ReadonlyMap<string, string> = new Map(
  Object.entries({
    object: ['dict', 'map', 'hashmap', 'hashtable'],
    array: ['list', 'tuple', 'set', 'arraylist'],
    number: ['float', 'double'],
    integer: ['int', 'long', 'short', 'byte', 'bigint'],
    boolean: ['bool'],
    string: ['str', 'char'],
  }).flatMap(([name, others]) => [name, ...others].map((each): [string, string] => [each, name])),
)
const OF_ONE = ['items', 'additionalProperties', 'not']
const OF_MANY = ['anyOf', 'oneOf', 'allOf', 'prefixItems']

/** A function's schema in the words of JSON Schema. Total. Serves issue 3: valid calls are accepted. */
export function toJsonSchema(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    if (key === 'type') return typeOf(value)
    if (key === 'required' && typeof value === 'boolean') return []
    if (key === 'properties' && isJsonObject(value)) return [[key, members(value)]]
    if (OF_ONE.includes(key) && isJsonObject(value)) return [[key, toJsonSchema(value)]]
    if (OF_MANY.includes(key) && Array.isArray(value)) return [[key, value.map(inner)]]
    return [[key, value]]
  })
  return Object.fromEntries(entries)
}

/** No entry for a type that says nothing; what is no word that is known stays for the check to name. */
function typeOf(value: Json): [string, Json][] {
  if (typeof value !== 'string') return [['type', value]]
  if (value.toLowerCase() === 'any') return []
  return [['type', MEANT.get(value.toLowerCase()) ?? value]]
}

function members(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([name, of]) => [name, inner(of)]))
}

function inner(value: Json): Json {
  return isJsonObject(value) ? toJsonSchema(value) : value
}
