import { LONGEST_TEXT } from './span.ts'

/** A text that a span may hold. */
export function inBounds(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`
}

/** A value as JSON that a span may hold. */
export function asJson(value: unknown): string {
  return inBounds(JSON.stringify(value) ?? 'null')
}

/** A name or code that others chose, where it is one word; `other` where it could be anything. */
export function word(given: string): string {
  return /^[\w.:/-]{1,64}$/.test(given) ? given : 'other'
}
