/** Any JSON value; what specs, arguments, results and events are made of. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object. Read it by own properties only: keys come from outside. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** True for a JSON object: not null, not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads an own property; undefined when absent, whatever the prototype holds. */
export function ownValue(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/**
 * Writes JSON with sorted keys and no spaces (as RFC 8785 does), so that equal values give equal
 * text. Throws a TypeError for what JSON cannot hold: NaN, infinities, undefined, functions.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value)
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is not JSON`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isJsonObject(value)) throw new TypeError(`a ${typeof value} is not JSON`)
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`)
  return `{${members.join(',')}}`
}

/** Equality by type and value, deep; key order does not matter. */
export function jsonEquals(left: Json, right: Json): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object') return false
  if (left === null || right === null) return false
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false
    return left.every((item, index) => jsonEquals(item, right[index] ?? null))
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every(
    (key) => Object.hasOwn(right, key) && jsonEquals(left[key] ?? null, right[key] ?? null),
  )
}
