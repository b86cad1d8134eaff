import { nearestName } from '../../spec/issue.ts'
import { isJsonObject, ownValue, type Json } from '../../spec/json.ts'
import type { PlanSlot } from '../../spec/plan.ts'

/*
 * A person's word in, a slot's value out: a text is read as its type wants it, and what does not fit
 * comes back with what would (S4.33).
 */

export type ReadSlot =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string }

/**
 * Reads what somebody gave for a slot; the message of one that does not fit quotes it and says what
 * would fit. `numbered`: an option may be named by its number, as it was shown.
 */
export function readSlot(
  slot: PlanSlot,
  given: Json,
  on: { readonly numbered: boolean },
): ReadSlot {
  const value = valueOf(slot, given, on) ?? given
  const wrong = misfit(slot, value)
  if (wrong === null) return { ok: true, value }
  return { ok: false, message: `${quoted(given)} ${wrong}` }
}

interface Reading {
  readonly numbered: boolean
}

/** The value that is meant; undefined where it is none of this type. */
function valueOf(slot: PlanSlot, given: Json, on: Reading): Json | undefined {
  const word = typeof given === 'number' ? String(given) : given
  switch (slot.type) {
    case 'choice':
      return typeof word === 'string' ? optionOf(slot, word, on) : undefined
    case 'multi_choice':
      return optionsOf(slot, word, on)
    case 'text':
      return typeof word === 'string' ? word.trim() : undefined
    case 'number':
      return typeof given === 'string' && NUMBER.test(given.trim()) ? Number(given) : undefined
    case 'boolean':
      return typeof given === 'string' ? ANSWERS.get(plain(given)) : undefined
    case 'date':
    case 'file':
      return typeof given === 'string' ? given.trim() : undefined
  }
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?$/

const ANSWERS: ReadonlyMap<string, boolean> = new Map([
  ...['yes', 'y', 'true', 'ja', 'j'].map((word) => [word, true] as const),
  ...['no', 'n', 'false', 'nein'].map((word) => [word, false] as const),
])

function plain(word: string): string {
  return word.normalize('NFC').trim().toLowerCase()
}

function optionOf({ options }: PlanSlot, word: string, { numbered }: Reading): string | undefined {
  const exact = options.find((option) => option === word)
  const same = exact ?? options.find((option) => plain(option) === plain(word))
  if (same !== undefined || !numbered || !showsNumbers(options)) return same
  return /^\d{1,4}$/.test(word.trim()) ? options[Number(word) - 1] : undefined
}

/** True where options are shown with numbers: not where one of them is a number itself. */
export function showsNumbers(options: readonly string[]): boolean {
  return options.length > 1 && !options.some((option) => NUMBER.test(option.trim()))
}

function optionsOf(slot: PlanSlot, given: Json, on: Reading): Json | undefined {
  const whole = typeof given === 'string' ? optionOf(slot, given, on) : undefined
  if (whole !== undefined) return [whole]
  const words = typeof given === 'string' ? given.split(/[,;\n]/) : given
  if (!Array.isArray(words)) return undefined
  const chosen = words
    .filter((word: Json) => word !== '')
    .map((word: Json) => {
      const text = typeof word === 'number' ? String(word) : word
      return typeof text === 'string' ? (optionOf(slot, text, on) ?? text.trim()) : text
    })
  return [...new Set(chosen)]
}

/** What is wrong with a value, as the end of a sentence that it begins. */
function misfit(slot: PlanSlot, value: Json): string | null {
  const wrong = slot.check(value)
  if (wrong === null) return null
  return wrongType(slot, value) ?? `does not fit: ${wrong}`
}

function wrongType(slot: PlanSlot, value: Json): string | null {
  const { options } = slot
  switch (slot.type) {
    case 'choice':
      return typeof value === 'string' && options.includes(value) ? null : noOption(slot, value)
    case 'multi_choice': {
      const words = Array.isArray(value) ? value : [value]
      const stray = words.find((word: Json) => typeof word !== 'string' || !options.includes(word))
      if (stray !== undefined) return noOption(slot, stray)
      return words.length === 0 ? `names none of ${options.join(', ')}` : null
    }
    case 'text':
      return typeof value === 'string' && value !== '' ? null : 'is no text'
    case 'number':
      return typeof value === 'number' ? null : 'is no number; write it like 12 or 12.5'
    case 'boolean':
      return 'is neither yes nor no'
    case 'date':
      return isDate(value) ? null : 'is no date; write it like 2026-03-31'
    case 'file':
      return isFile(value) ? null : 'is no file; give { name, content } or ref:artifact/NAME'
  }
}

function noOption({ options }: PlanSlot, value: Json): string {
  const near = typeof value === 'string' ? nearestName(value, options) : undefined
  const meant = near === undefined ? '' : `; did you mean ${near}?`
  return `is not among ${options.join(', ')}${meant}`
}

function isDate(value: Json): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const time = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

function isFile(value: Json): boolean {
  if (typeof value === 'string') return value.startsWith('ref:artifact/')
  return isJsonObject(value) && ownValue(value, 'name') !== undefined
}

const SHOWN_CHARS = 60

function quoted(given: Json): string {
  const text = JSON.stringify(given)
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text
}
