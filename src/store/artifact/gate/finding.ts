/*
 * What a gate found in an artifact: said to a model that has to mend it and to a person who reads why.
 */

/** Which layer refused an artifact, in the order in which they look (S4.20). */
export type RejectionReason = 'placeholder' | 'directive' | 'qa_policy'

/** One thing that is wrong with a text, where it is, and what would be accepted. */
export interface Finding {
  /** The rule that failed: `placeholder`, `min_chars`, `sections`, … */
  readonly rule: string
  readonly message: string
  /** From 1, in the text as it was handed in. */
  readonly line?: number
  /** From 1, in code points. */
  readonly column?: number
  /** A few words around the place, on one line. */
  readonly excerpt?: string
}

/** Findings of one rejection at most: a model mends from the top. */
export const MAX_FINDINGS = 20

const BEFORE = 24
const SHOWN = 72

/** A finding at an offset (UTF-16) of the text, with line, column and an excerpt. */
export function findingAt(
  text: string,
  offset: number,
  said: { readonly rule: string; readonly message: string },
): Finding {
  const at = Math.max(0, Math.min(offset, text.length))
  const from = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', at)
  return {
    ...said,
    line: linesBefore(text, at) + 1,
    column: Array.from(text.slice(Math.max(from, at - 100_000), at)).length + 1,
    excerpt: cut(text, at, { from, to: end < 0 ? text.length : end }),
  }
}

function linesBefore(text: string, at: number): number {
  let lines = 0
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) {
    lines += 1
  }
  return lines
}

function cut(
  text: string,
  at: number,
  line: { readonly from: number; readonly to: number },
): string {
  const from = Math.max(line.from, at - BEFORE)
  const to = Math.min(line.to, from + SHOWN)
  const words = quoteSafe(text.slice(from, to))
  return `${from > line.from ? '…' : ''}${words}${to < line.to ? '…' : ''}`
}

/** A piece of somebody's text as one line without halves of characters. */
export function quoteSafe(piece: string): string {
  return piece
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
}
