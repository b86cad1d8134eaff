import { defined, type ConditionFunction } from './condition-function.ts'
import type { Json } from '../json.ts'

/** The functions over time: a time is a number of milliseconds since 1970, like `$.now`; so is a span. */
export const TIME_FUNCTIONS: readonly (readonly [string, ConditionFunction])[] = [
  defined('time(text)', { takes: ['string'], gives: ['number'], apply: time }),
  // The name that it has in Vectara's expressions (S3.16).
  defined('iso_datetime_parse(text)', { takes: ['string'], gives: ['number'], apply: time }),
  defined('to_unix_timestamp(time)', {
    takes: ['number'],
    gives: ['number'],
    apply: (value) => (typeof value === 'number' ? Math.floor(value / 1000) : null),
  }),
  ...span('seconds(number)', 1000),
  ...span('minutes(number)', 60_000),
  ...span('hours(number)', 3_600_000),
  ...span('days(number)', 86_400_000),
]

function span(
  usage: string,
  milliseconds: number,
): readonly (readonly [string, ConditionFunction])[] {
  const apply = (value: Json): Json => (typeof value === 'number' ? value * milliseconds : null)
  return [defined(usage, { takes: ['number'], gives: ['number'], apply })]
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})/
const CLOCK = /^[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/
const ZONE = /^(?:Z|([+-])(\d{2}):?(\d{2}))$/

/** ISO 8601: a date, or a date and time; UTC where it names no offset. What is no real time is null. */
function time(text: Json): Json {
  if (typeof text !== 'string') return null
  const trimmed = text.trim().toUpperCase()
  const date = DATE.exec(trimmed)
  if (date === null) return null
  const [year = 0, month = 0, day = 0] = date.slice(1).map(Number)
  const midnight = Date.UTC(year, month - 1, day)
  const real = new Date(midnight)
  if (real.getUTCMonth() !== month - 1 || real.getUTCDate() !== day) return null
  const rest = trimmed.slice(date[0].length)
  if (rest === '') return midnight
  const clock = CLOCK.exec(rest)
  if (clock === null) return null
  const [, hours = '0', minutes = '0', seconds = '0', fraction = '0'] = clock
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null
  const offset = offsetOf(rest.slice(clock[0].length))
  if (offset === null) return null
  const within = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return midnight + within * 1000 + Math.floor(Number(`0.${fraction}`) * 1000) - offset
}

function offsetOf(zone: string): number | null {
  if (zone === '') return 0
  const match = ZONE.exec(zone)
  if (match === null) return null
  const [, sign = '+', hours = '0', minutes = '0'] = match
  if (Number(hours) > 18 || Number(minutes) > 59) return null
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
