import { createHash } from 'node:crypto'
import { wordsOf } from '../../../core/spec/words.ts'

/*
 * Notes and queries as Postgres's full-text search takes them. Words are ours (wordsOf), not those of a
 * parser of the server: they are the same on every adapter and under every locale.
 */

/** Positions beyond it are all the same to Postgres. */
const LAST_POSITION = 16_383

/** Whose notes: a tenant's, or those of one record of it. */
export interface Whose {
  readonly tenant: string
  readonly record?: string | undefined
}

/** The tsvector of a note, to be cast: its words with their places, and whose it is. */
export function toWordIndex(texts: readonly string[], { tenant, record }: Required<Whose>): string {
  const words = texts
    .flatMap(wordsOf)
    .map((word, index) => `${quote(word)}:${Math.min(index + 1, LAST_POSITION)}`)
  return [quote(placeOf({ tenant })), quote(placeOf({ tenant, record })), ...words].join(' ')
}

/** The tsquery, to be cast, that finds any of the words; there must be one. */
export function toWordQuery(words: readonly string[]): string {
  return words.map(quote).join(' | ')
}

/** The same, among somebody's notes alone. */
export function toPlaceQuery(words: readonly string[], whose: Whose): string {
  return `${quote(placeOf(whose))} & (${toWordQuery(words)})`
}

/** What no word can be: words have no slash. */
function placeOf({ tenant, record }: Whose): string {
  const names = record === undefined ? [tenant] : [tenant, record]
  return `/${createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 32)}`
}

/** Words are letters and digits alone, and quoted all the same: none is ever syntax. */
function quote(word: string): string {
  return `'${word.replaceAll(/['\\]/g, '$&$&')}'`
}
