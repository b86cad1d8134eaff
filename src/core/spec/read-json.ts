import { errorAt, type Issue, type IssuePath } from './issue.ts'
import type { Json } from './json.ts'

export type ReadJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly issues: readonly Issue[] }

const MAX_DEPTH = 100
const MAX_VALUES = 500_000

/**
 * Copies any value as plain JSON, so that what follows may trust its shape: no prototypes, getters,
 * cycles, functions, NaN, or `__proto__`. Members that are undefined are left out, as
 * JSON.stringify does. Total: at most 100 levels and 500,000 values, repeated ones (YAML aliases)
 * counted each time; the first thing that is not JSON is the one issue.
 */
export function readJson(value: unknown): ReadJson {
  const reader: Reader = { values: 0, issue: null }
  let copy: Json = null
  try {
    copy = read(value, [], reader)
  } catch (error) {
    reader.issue ??= errorAt(
      [],
      `cannot be read: ${error instanceof Error ? error.message : 'it throws'}`,
    )
  }
  return reader.issue === null ? { ok: true, value: copy } : { ok: false, issues: [reader.issue] }
}

interface Reader {
  values: number
  issue: Issue | null
}

function read(value: unknown, path: IssuePath, reader: Reader): Json {
  reader.values += 1
  if (reader.issue !== null) return null
  if (reader.values > MAX_VALUES) {
    return fail(reader, [], `holds more than ${MAX_VALUES} values, aliases counted each time`)
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    return fail(reader, path, `${value} is not JSON; expected a finite number`)
  }
  if (typeof value !== 'object') {
    const kind = value === undefined ? 'undefined' : `a ${typeof value}`
    return fail(reader, path, `${kind} is not JSON; a workflow is plain data`)
  }
  if (path.length >= MAX_DEPTH) {
    return fail(reader, path.slice(0, 4), `is nested more than ${MAX_DEPTH} levels deep`)
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => read(item, [...path, index], reader))
  }
  return readMembers(value, path, reader)
}

function readMembers(value: object, path: IssuePath, reader: Reader): Json {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const hint =
      '~standard' in value ? '; write its JSON Schema, as z.toJSONSchema(schema) does' : ''
    return fail(reader, path, `expected plain data, got an object of a class${hint}`)
  }
  const members: [string, Json][] = []
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') {
      return fail(reader, [...path, key], '`__proto__` is not a legal name; choose another')
    }
    if (member !== undefined) members.push([key, read(member, [...path, key], reader)])
  }
  return Object.fromEntries(members)
}

function fail(reader: Reader, path: IssuePath, message: string): null {
  reader.issue ??= errorAt(path, message)
  return null
}
