import { defined, type ConditionFunction } from './condition-function.ts'
import type { Json } from '../json.ts'
import { characterCount, isJsonList } from '../path/json-path-select.ts'

/** The functions over numbers and texts. */
export const SCALAR_FUNCTIONS: readonly (readonly [string, ConditionFunction])[] = [
  defined('sum(list)', { takes: ['list'], gives: ['number'], apply: sum }),
  defined('min(list) or min(a, b)', {
    most: Infinity,
    takes: ['list', 'number', 'string'],
    gives: ['number', 'string'],
    apply: (list) => extreme(list, -1),
  }),
  defined('max(list) or max(a, b)', {
    most: Infinity,
    takes: ['list', 'number', 'string'],
    gives: ['number', 'string'],
    apply: (list) => extreme(list, 1),
  }),
  ...numeric('abs(number)', Math.abs),
  ...numeric('floor(number)', Math.floor),
  ...numeric('ceil(number)', Math.ceil),
  ...numeric('trunc(number)', Math.trunc),
  ...numeric('sign(number)', Math.sign),
  ...numeric('sqrt(number)', Math.sqrt),
  defined('power(number, number)', {
    least: 2,
    takes: ['number'],
    gives: ['number'],
    apply: power,
  }),
  defined('round(number) or round(number, digits)', {
    most: 2,
    takes: ['number'],
    gives: ['number'],
    apply: round,
  }),
  defined('number(text)', { takes: ['string', 'number'], gives: ['number'], apply: toNumber }),
  defined('text(value)', { takes: ['string', 'number'], gives: ['string'], apply: toText }),
  ...textual('lower(text)', (text) => text.toLowerCase()),
  ...textual('upper(text)', (text) => text.toUpperCase()),
  ...textual('trim(text)', (text) => text.trim()),
  defined('length(text)', { takes: ['list', 'string'], gives: ['number'], apply: length }),
  ...tested('starts_with(text, text)', (text, part) => text.startsWith(part)),
  ...tested('ends_with(text, text)', (text, part) => text.endsWith(part)),
  defined('split(text, separator)', { least: 2, takes: ['string'], gives: ['list'], apply: split }),
  defined('join(list, separator)', { least: 2, takes: ['list'], gives: ['string'], apply: join }),
]

type Functions = readonly (readonly [string, ConditionFunction])[]

function numeric(usage: string, calculate: (value: number) => number): Functions {
  const apply = (value: Json): Json => (typeof value === 'number' ? finite(calculate(value)) : null)
  return [defined(usage, { takes: ['number'], gives: ['number'], apply })]
}

function textual(usage: string, change: (text: string) => string): Functions {
  const apply = (text: Json): Json => (typeof text === 'string' ? change(text) : null)
  return [defined(usage, { takes: ['string'], gives: ['string'], apply })]
}

function tested(usage: string, holds: (text: string, part: string) => boolean): Functions {
  const apply = (text: Json, part: Json): Json =>
    typeof text === 'string' && typeof part === 'string' ? holds(text, part) : null
  return [defined(usage, { least: 2, takes: ['string'], gives: ['boolean'], apply })]
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function sum(list: Json): Json {
  if (!isJsonList(list)) return null
  let total = 0
  for (const item of list) {
    if (typeof item !== 'number') return null
    total += item
  }
  return finite(total)
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

function power(base: Json, exponent: Json): Json {
  return typeof base === 'number' && typeof exponent === 'number' ? finite(base ** exponent) : null
}

const MAX_DIGITS = 12

/** Half away from zero, in decimal: 1.005 to two digits is 1.01, as people count money. */
function round(value: Json, digits: Json): Json {
  const places = digits ?? 0
  if (typeof value !== 'number' || typeof places !== 'number') return null
  if (!Number.isInteger(places) || places < 0 || places > MAX_DIGITS) return null
  const [mantissa = '', exponent = '0'] = String(Math.abs(value)).split('e')
  const whole = Math.round(Number(`${mantissa}e${Number(exponent) + places}`))
  const [digitsText = '', shift = '0'] = String(whole).split('e')
  const rounded = Number(`${digitsText}e${Number(shift) - places}`)
  return finite(rounded === 0 ? 0 : Math.sign(value) * rounded)
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

function toNumber(value: Json): Json {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !NUMBER.test(value.trim())) return null
  return finite(Number(value))
}

function toText(value: Json): Json {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : null
}

function length(value: Json): Json {
  if (typeof value === 'string') return characterCount(value)
  return isJsonList(value) ? value.length : null
}

function split(text: Json, separator: Json): Json {
  if (typeof text !== 'string' || typeof separator !== 'string' || separator === '') return null
  return text.split(separator)
}

function join(list: Json, separator: Json): Json {
  if (!isJsonList(list) || typeof separator !== 'string') return null
  const texts = list.map(toText).filter((item) => typeof item === 'string')
  return texts.length === list.length ? texts.join(separator) : null
}
