import { canonicalJson, jsonEquals, type Json } from './json.ts'
import { characterCount, isJsonList } from './json-path-select.ts'

/** A function of the condition language; all are total: what does not fit gives null. */
export interface ConditionFunction {
  /** How it is written, for messages. */
  readonly usage: string
  readonly least: number
  readonly most: number
  /** Applies it; `second` is null for a function of one argument. */
  readonly apply: (first: Json, second: Json) => Json
}

/** The functions by name; `get` is not among them, because its path is read at compile time. */
export const FUNCTIONS: ReadonlyMap<string, ConditionFunction> = new Map([
  ['count', one('count(list)', (list) => (isJsonList(list) ? list.length : null))],
  ['any', one('any(list)', (list) => quantify(list, true))],
  ['all', one('all(list)', (list) => quantify(list, false))],
  ['sum', one('sum(list)', sum)],
  ['min', { ...one('min(list) or min(a, b)', (list) => extreme(list, -1)), most: Infinity }],
  ['max', { ...one('max(list) or max(a, b)', (list) => extreme(list, 1)), most: Infinity }],
  ['unique', one('unique(list)', unique)],
  ['contains', { usage: 'contains(list, value)', least: 2, most: 2, apply: contains }],
  ['lower', one('lower(text)', (text) => (typeof text === 'string' ? text.toLowerCase() : null))],
  ['length', one('length(text)', length)],
])

function one(usage: string, apply: (value: Json) => Json): ConditionFunction {
  return { usage, least: 1, most: 1, apply }
}

/** The JSON type of a value, `null` being a type of its own. */
export function jsonType(value: Json): string {
  if (value === null) return 'null'
  return isJsonList(value) ? 'list' : typeof value
}

/**
 * Whether a list holds a value, as `value == item` joined by `or` would say: true when one is
 * equal, else null when one cannot be compared (null, another type), else false.
 */
export function memberOf(value: Json, list: Json): boolean | null {
  if (value === null || !isJsonList(list)) return null
  const type = jsonType(value)
  let answer: boolean | null = false
  for (const item of list) {
    if (jsonType(item) !== type) answer = null
    else if (jsonEquals(value, item)) return true
  }
  return answer
}

/** The larger (direction 1) or smaller (-1) of all-number or all-string values, else null. */
function extreme(list: Json, direction: 1 | -1): Json {
  if (!isJsonList(list)) return null
  const [first = null] = list
  if (typeof first !== 'number' && typeof first !== 'string') return null
  let best: number | string = first
  for (const item of list) {
    if (typeof item === 'number' && typeof best === 'number') {
      if ((item - best) * direction > 0) best = item
    } else if (typeof item === 'string' && typeof best === 'string') {
      if (item !== best && item > best === direction > 0) best = item
    } else return null
  }
  return best
}

/** Kleene's or (decisive true) or and (decisive false) over a list; non-booleans count as null. */
function quantify(list: Json, decisive: boolean): Json {
  if (!isJsonList(list)) return null
  let answer: boolean | null = !decisive
  for (const item of list) {
    if (item === decisive) return decisive
    if (item !== !decisive) answer = null
  }
  return answer
}

function sum(list: Json): Json {
  if (!isJsonList(list)) return null
  let total = 0
  for (const item of list) {
    if (typeof item !== 'number') return null
    total += item
  }
  return Number.isFinite(total) ? total : null
}

function unique(list: Json): Json {
  if (!isJsonList(list)) return null
  const found = new Map<string | number, Json>()
  for (const item of list) {
    const key = typeof item === 'number' ? item : canonicalJson(item)
    if (!found.has(key)) found.set(key, item)
  }
  return [...found.values()]
}

function contains(whole: Json, part: Json): Json {
  if (typeof whole !== 'string') return memberOf(part, whole)
  return typeof part === 'string' ? whole.includes(part) : null
}

function length(value: Json): Json {
  if (typeof value === 'string') return characterCount(value)
  return isJsonList(value) ? value.length : null
}
