const MAX_QUERY_CHARS = 4_000
const MAX_WORDS = 32
const MAX_WORD_CHARS = 64

/**
 * The words of a text as they are compared: letters and digits, without case or accents. What is no
 * word (quotes, operators, emoji) is left out, so that a query can be no syntax.
 */
export function wordsOf(text: string): readonly string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase()
  return plain.match(/[\p{L}\p{N}]+/gu) ?? []
}

/** The words of a query that are looked for: the first 32 different ones of its first 4,000 characters. */
export function queryWords(query: string): readonly string[] {
  const words = wordsOf(query.slice(0, MAX_QUERY_CHARS)).map((word) => word.slice(0, MAX_WORD_CHARS))
  return [...new Set(words)].slice(0, MAX_WORDS)
}
