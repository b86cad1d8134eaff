import {
  ANY_TYPE,
  defined,
  jsonType,
  memberOf,
  type ConditionFunction,
} from './condition-function.ts'
import { canonicalJson, isJsonObject, jsonEquals, ownValue, type Json } from '../json.ts'
import { isJsonList } from '../path/json-path-select.ts'

/** The functions over lists and maps. */
export const LIST_FUNCTIONS: readonly (readonly [string, ConditionFunction])[] = [
  defined('count(list)', { takes: ['list'], gives: ['number'], apply: count }),
  defined('any(list)', {
    takes: ['list'],
    gives: ['boolean'],
    apply: (list) => quantify(list, true),
  }),
  defined('all(list)', {
    takes: ['list'],
    gives: ['boolean'],
    apply: (list) => quantify(list, false),
  }),
  defined('first(list)', { takes: ['list'], gives: ANY_TYPE, apply: (list) => itemAt(list, 0) }),
  defined('last(list)', { takes: ['list'], gives: ANY_TYPE, apply: (list) => itemAt(list, -1) }),
  defined('unique(list)', { takes: ['list'], gives: ['list'], apply: unique }),
  defined('sort(list)', { takes: ['list'], gives: ['list'], apply: sort }),
  defined('zip(list, list)', { least: 2, takes: ['list'], gives: ['list'], apply: zip }),
  defined('differs(list, list)', { least: 2, takes: ['list'], gives: ['boolean'], apply: differs }),
  defined('subset(list, list)', { least: 2, takes: ['list'], gives: ['boolean'], apply: subset }),
  defined('contains(list, value)', {
    least: 2,
    takes: ['list', 'string'],
    gives: ['boolean'],
    apply: contains,
  }),
  defined('keys(map)', { takes: ['object'], gives: ['list'], apply: keys }),
  defined('values(map)', { takes: ['object'], gives: ['list'], apply: values }),
  defined('at(map, key)', { least: 2, takes: ['list', 'object'], gives: ANY_TYPE, apply: at }),
]

function count(list: Json): Json {
  return isJsonList(list) ? list.length : null
}

function itemAt(list: Json, index: number): Json {
  return isJsonList(list) ? (list.at(index) ?? null) : null
}

/** Kleene's or (decisive true) or and (decisive false) over a list; non-booleans count as null. */
export function quantify(list: Json, decisive: boolean): Json {
  if (!isJsonList(list)) return null
  let answer: boolean | null = !decisive
  for (const item of list) {
    if (item === decisive) return decisive
    if (item !== !decisive) answer = null
  }
  return answer
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

/** All numbers or all texts, the smallest first; of anything else null. */
function sort(list: Json): Json {
  if (!isJsonList(list)) return null
  const numbers = list.filter((item) => typeof item === 'number')
  if (numbers.length === list.length) return numbers.toSorted((left, right) => left - right)
  const texts = list.filter((item) => typeof item === 'string')
  return texts.length === list.length ? texts.toSorted() : null
}

/** Pairs of what stands at the same place; null for lists of different lengths. */
function zip(left: Json, right: Json): Json {
  if (!isJsonList(left) || !isJsonList(right) || left.length !== right.length) return null
  return left.map((item, index): Json => [item, right[index] ?? null])
}

/** Whether each item differs from the one at its place; lists of different lengths have no places. */
function differs(left: Json, right: Json): Json {
  if (!isJsonList(left) || !isJsonList(right)) return null
  if (left.length !== right.length) return false
  const pairs = left.map((item, index): Json => {
    const other = right[index] ?? null
    if (item === null || jsonType(item) !== jsonType(other)) return null
    return !jsonEquals(item, other)
  })
  return quantify(pairs, false)
}

function subset(part: Json, whole: Json): Json {
  if (!isJsonList(part) || !isJsonList(whole)) return null
  const found = part.map((item): Json => memberOf(item, whole))
  return quantify(found, false)
}

function contains(whole: Json, part: Json): Json {
  if (typeof whole !== 'string') return memberOf(part, whole)
  return typeof part === 'string' ? whole.includes(part) : null
}

function keys(map: Json): Json {
  return isJsonObject(map) ? Object.keys(map) : null
}

function values(map: Json): Json {
  return isJsonObject(map) ? Object.values(map) : null
}

/** What a map has under a key, or a list at a position; for a list of keys, what it has under each. */
function at(from: Json, key: Json): Json {
  if (isJsonList(key)) return key.map((one) => (isJsonList(one) ? null : at(from, one)))
  if (isJsonList(from)) {
    return typeof key === 'number' && Number.isInteger(key) ? (from.at(key) ?? null) : null
  }
  return isJsonObject(from) && typeof key === 'string' ? (ownValue(from, key) ?? null) : null
}
