import { isJsonObject, jsonEquals, type Json, type JsonObject } from '../core/spec/json.ts'

/*
 * A short look at a tool's arguments before it runs here. The server has checked them against the
 * whole schema; this part needs no validator in the browser and catches a server that did not.
 */

/**
 * What is wrong with arguments, in words with their paths; empty when nothing was found. It reads
 * `type`, `enum`, `const`, `required`, `properties`, `additionalProperties: false`, `items` and the
 * plain limits; other keywords are the server's to check.
 */
export function checkArguments(schema: Json, value: Json, path = ''): readonly string[] {
  if (schema === false) return [`${at(path)} is not allowed`]
  if (!isJsonObject(schema)) return []
  const wrongType = checkType(schema, value, path)
  if (wrongType !== null) return [wrongType]
  return [
    ...checkChoice(schema, value, path),
    ...checkLimits(schema, value, path),
    ...(isJsonObject(value) ? checkMembers(schema, value, path) : []),
    ...(Array.isArray(value) ? checkItems(schema, value, path) : []),
  ]
}

function checkType(schema: JsonObject, value: Json, path: string): string | null {
  const type = own(schema, 'type')
  const legal = (Array.isArray(type) ? type : [type]).filter((each) => typeof each === 'string')
  if (legal.length === 0) return null
  const is = typeOf(value)
  const fits = legal.some((each) => each === is || (each === 'number' && is === 'integer'))
  return fits ? null : `${at(path)} is ${is}, not ${legal.join(' or ')}`
}

function checkChoice(schema: JsonObject, value: Json, path: string): readonly string[] {
  const choices = own(schema, 'enum')
  const fixed = own(schema, 'const')
  const legal = Array.isArray(choices) ? choices : fixed === undefined ? null : [fixed]
  if (legal === null || legal.some((each) => jsonEquals(each, value))) return []
  return [`${at(path)} is none of ${JSON.stringify(legal)}`]
}

function checkLimits(schema: JsonObject, value: Json, path: string): readonly string[] {
  const size = typeof value === 'string' ? Array.from(value).length : value
  const [least, most] = typeof value === 'string' ? STRING_LIMITS : NUMBER_LIMITS
  if (typeof size !== 'number') return []
  const low = own(schema, least)
  const high = own(schema, most)
  return [
    ...(typeof low === 'number' && size < low ? [`${at(path)} is below ${least} ${low}`] : []),
    ...(typeof high === 'number' && size > high ? [`${at(path)} is above ${most} ${high}`] : []),
  ]
}

const STRING_LIMITS = ['minLength', 'maxLength'] as const
const NUMBER_LIMITS = ['minimum', 'maximum'] as const

function checkMembers(schema: JsonObject, value: JsonObject, path: string): readonly string[] {
  const members = own(schema, 'properties')
  const known = isJsonObject(members) ? members : {}
  const required = own(schema, 'required')
  const missing = (Array.isArray(required) ? required : []).flatMap((name) =>
    typeof name === 'string' && !Object.hasOwn(value, name)
      ? [`${at(join(path, name))} is missing`]
      : [],
  )
  const closed = own(schema, 'additionalProperties') === false && !('patternProperties' in schema)
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const each = own(known, name)
    if (each !== undefined) return checkArguments(each, member, join(path, name))
    return closed
      ? [`${at(join(path, name))} is unknown; known: ${Object.keys(known).join(', ')}`]
      : []
  })
  return [...missing, ...wrong]
}

function checkItems(schema: JsonObject, value: readonly Json[], path: string): readonly string[] {
  const items = own(schema, 'items')
  // Behind `prefixItems`, `items` is about the rest only.
  if (items === undefined || 'prefixItems' in schema) return []
  return value.flatMap((item, index) => checkArguments(items, item, `${path}[${index}]`))
}

/** A schema may have members that are called like those of every object. */
function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function at(path: string): string {
  return path === '' ? 'the arguments' : path
}
