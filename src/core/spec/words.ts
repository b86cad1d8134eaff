const MAX_WORD_CHARS = 64

/** Scripts that are written without spaces: each two letters that follow each other are a word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu

/**
 * The words of a text as they are compared: letters and digits, without case or accents. What is no
 * word (quotes, operators, emoji) is left out, so that a query can be no syntax.
 */
export function wordsOf(text: string): readonly string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase()
  const runs = plain.match(/[\p{L}\p{N}]+/gu) ?? []
  return runs.flatMap((run) => (run.match(UNSPACED) ?? []).flatMap(split))
}

function split(run: string): readonly string[] {
  if (!/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(run)) {
    return [run.slice(0, MAX_WORD_CHARS)]
  }
  const letters = Array.from(run)
  if (letters.length === 1) return letters
  return letters.slice(1).map((letter, index) => `${letters[index] ?? ''}${letter}`)
}
