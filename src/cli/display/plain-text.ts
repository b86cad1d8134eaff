import type { Json } from '../../core/spec/json.ts'
import { stripVTControlCharacters } from 'node:util'

/*
 * Text for a terminal. Whatever a model, a tool or a file wrote goes through here first, so that it
 * can be read and never steers the terminal (Law 16).
 */

const STEERING = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u
const ASCII = /^[\x20-\x7e]*$/
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Drops escape sequences, control characters and changes of direction; keeps line breaks. */
export function plainText(text: string): string {
  if (ASCII.test(text)) return text
  return stripVTControlCharacters(text.toWellFormed()).replace(STEERING, (mark) => {
    if (mark === '\n' || mark === '\u2028' || mark === '\u2029') return '\n'
    return mark === '\t' ? '  ' : ''
  })
}

/** The same on one line: white space of any kind becomes one space. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim()
}

/** How many columns a text takes. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** The text's beginning that fits, and the rest; never cut inside a character. */
export function splitAt(text: string, columns: number): readonly [string, string] {
  let width = 0
  for (const { segment, index } of graphemes.segment(text)) {
    width += widthOf(segment)
    // At least one character, else a narrow place would never come to an end.
    if (width > columns && index > 0) return [text.slice(0, index), text.slice(index)]
  }
  return [text, '']
}

/** Cuts a text to a width, with an ellipsis where something is missing. */
export function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  return columns <= 1 ? '…' : `${splitAt(text, columns - 1)[0].trimEnd()}…`
}

/** Fills a text up to a width. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

/** JSON on one line, as short as it can be read. */
export function jsonText(value: Json): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}
