import { wordsOf } from '../../core/spec/words.ts'

const MAX_QUERY_CHARS = 4_000
const MAX_WORDS = 32

/** The words of a query that are looked for: the first 32 different ones of its first 4,000 characters. */
export function queryWords(query: string): readonly string[] {
  return [...new Set(wordsOf(query.slice(0, MAX_QUERY_CHARS)))].slice(0, MAX_WORDS)
}
