/*
 * A view is a text as it is read, beside the text as it was written: markup, entities and invisible
 * characters are edited away, and each place still knows where it came from.
 */

/** A text made from another one, and the place in the first text of each of its places. */
export interface View {
  readonly text: string
  /** UTF-16 offset in the text that was written, of an offset in this one. */
  readonly at: (index: number) => number
}

/** What takes the place of `[start, end)`. Edits come in order and do not overlap. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly put: string
}

/** A view of a text as it was written. */
export function viewOf(text: string): View {
  return { text, at: (index) => index }
}

/** Applies edits; linear in text and edits. The result is the same view when there are none. */
export function edited(view: View, edits: Iterable<Edit>): View {
  const pieces: string[] = []
  const here: number[] = [0]
  const there: number[] = [0]
  let done = 0
  let length = 0
  for (const { start, end, put } of edits) {
    pieces.push(view.text.slice(done, start), put)
    length += start - done
    here.push(length, length + put.length)
    there.push(start, end)
    length += put.length
    done = end
  }
  if (pieces.length === 0) return view
  pieces.push(view.text.slice(done))
  const at = (index: number): number => {
    const mark = lastUpTo(here, index)
    const from = there[mark] ?? 0
    const limit = there[mark + 1] ?? view.text.length
    return view.at(Math.min(from + index - (here[mark] ?? 0), limit))
  }
  return { text: pieces.join(''), at }
}

/** Edits what a global pattern matches; `null` leaves a match as it is. */
export function rewritten(
  view: View,
  pattern: RegExp,
  put: string | ((match: RegExpExecArray) => string | null),
): View {
  return edited(view, matchEdits(view.text, pattern, put))
}

function* matchEdits(
  text: string,
  pattern: RegExp,
  put: string | ((match: RegExpExecArray) => string | null),
): Iterable<Edit> {
  for (const match of text.matchAll(pattern)) {
    const words = typeof put === 'string' ? put : put(match)
    if (words !== null && words !== match[0]) {
      yield { start: match.index, end: match.index + match[0].length, put: words }
    }
  }
}

/** The last position in an ascending list whose value is at most this one. */
function lastUpTo(values: readonly number[], limit: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((values[middle] ?? 0) <= limit) low = middle
    else high = middle - 1
  }
  return low
}
