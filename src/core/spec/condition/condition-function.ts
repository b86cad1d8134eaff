import { jsonEquals, type Json } from '../json.ts'
import { isJsonList } from '../path/json-path-select.ts'

/** A function of the condition language; all are total: what does not fit gives null. */
export interface ConditionFunction {
  /** How it is written, for messages. */
  readonly usage: string
  readonly least: number
  readonly most: number
  /** JSON types that its first argument may have; any other gives null. */
  readonly takes: readonly JsonType[]
  /** JSON types that it can give, null apart. */
  readonly gives: readonly JsonType[]
  /** Applies it; `second` is null for a function of one argument. */
  readonly apply: (first: Json, second: Json) => Json
}

export type JsonType = 'boolean' | 'number' | 'string' | 'list' | 'object'

export const ANY_TYPE: readonly JsonType[] = ['boolean', 'number', 'string', 'list', 'object']

/** A function under its name, which its usage begins with; it takes one argument unless said otherwise. */
export function defined(
  usage: string,
  rest: Pick<ConditionFunction, 'takes' | 'gives' | 'apply'> & {
    readonly least?: number
    readonly most?: number
  },
): readonly [string, ConditionFunction] {
  const { least = 1, most = least } = rest
  return [usage.slice(0, usage.indexOf('(')), { ...rest, usage, least, most }]
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
