/** A placeholder that was found: offsets in the view that was searched, and what it is. */
export interface Stub {
  readonly start: number
  readonly end: number
  /** What an exception (`placeholders.allow`) has to cover; the whole when left out. */
  readonly core?: { readonly start: number; readonly end: number }
  readonly message: string
}

/** Says that a text which was meant to be replaced is still there. */
export function unfilled(written: string): string {
  return `${shortly(written)} was meant to be replaced; put the real text there, or leave the passage out`
}

/** Says that somebody left work to do. */
export function unfinished(written: string): string {
  return `${shortly(written)} marks unfinished work; write what belongs there, or leave the passage out`
}

/** Quotes a few words of a text. */
export function shortly(written: string): string {
  const words = written
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}\uE010\uE011]+/gu, ' ')
    .trim()
  return `"${words.length > 60 ? `${words.slice(0, 60).trim()}…` : words}"`
}
