import type { Edit } from './view.ts'

/*
 * Code in Markdown: what stands there is shown, not said. `{{ name }}` in a fence is no stub, unless
 * the fence is the whole document: then a model only wrapped its text.
 */

/** Stands where code, an image or another thing without words was. */
export const OBJECT = '\uFFFC'
/** Stands between two texts that have nothing to do with each other; no code reaches over it. */
export const APART = '\uE01E'

/** With these words a model hands its text over, in a fence. */
const HAND_OVER =
  /\b(?:here(?:['’]s| is| are)|below is|sure|certainly|of course|the following is|I(?:['’]ve| have)|hier ist|voici|aquí (?:está|tiene)|ecco)\b/iu

interface Fence {
  readonly start: number
  readonly end: number
  readonly bodyStart: number
  readonly bodyEnd: number
  readonly language: string
}

export interface FencesFound {
  readonly fences: readonly Fence[]
  /** Where a fence begins that nothing closes; it shields nothing. */
  readonly open: number | null
}

const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})([^\n]*)$|^\uE01E$/gmu
/** Languages in which a wrapped document is still a document. */
const PROSE = /^(?:markdown|md|mdx|text|txt|plain|plaintext|html|htm|xhtml)?$/u
const HEADING = /^[ \t]*(?:#{1,6}(?:[ \t]|$)|[=-]{2,}[ \t]*$)/u

/** Finds fenced code, as CommonMark pairs it; linear. */
export function fencesIn(text: string): FencesFound {
  const fences: Fence[] = []
  let opener: { readonly mark: string; readonly info: string; readonly at: number } | null = null
  let body = 0
  for (const match of text.matchAll(FENCE)) {
    const [line, mark, info = ''] = match
    if (mark === undefined) {
      opener = null
    } else if (opener === null) {
      if (mark.startsWith('`') && info.includes('`')) continue
      opener = { mark, info, at: match.index }
      body = match.index + line.length
    } else if (mark.startsWith(opener.mark) && info.trim() === '') {
      fences.push({
        start: opener.at,
        end: match.index + line.length,
        bodyStart: body,
        bodyEnd: match.index,
        language: (opener.info.trim().split(/[\s{:]/u)[0] ?? '').toLowerCase(),
      })
      opener = null
    }
  }
  return { fences, open: opener?.at ?? null }
}

/** The language of the fence that is the whole document, or null: then code in it is only shown. */
export function wrapperOf(text: string, { fences }: FencesFound): string | null {
  const [only] = fences
  if (only === undefined) return null
  const around = [0, ...fences.map(({ end }) => end)].map((from, index) =>
    text.slice(from, fences[index]?.start ?? text.length),
  )
  const lines = around
    .flatMap((piece) => piece.split('\n'))
    .filter((line) => /[\p{L}\p{N}]/u.test(line) && !HEADING.test(line))
  if (lines.length === 0) return only.language
  const wraps = fences.length === 1 && /^(?:markdown|md|mdx)$/u.test(only.language)
  const isHandedOver = lines.length <= 2 && HAND_OVER.test(lines[0] ?? '')
  return wraps && isHandedOver ? only.language : null
}

/** Whether a wrapper's language is one in which documents are written. */
export function isProse(language: string): boolean {
  return PROSE.test(language)
}

/** Takes only the fence lines away, so that what they wrapped is read as text. */
export function* unwrapEdits({ fences }: FencesFound): Iterable<Edit> {
  for (const { start, end, bodyStart, bodyEnd } of fences) {
    yield { start, end: bodyStart, put: '' }
    yield { start: bodyEnd, end, put: '' }
  }
}

/** Puts OBJECT where code is shown: closed fences, then inline code outside them. */
export function* codeEdits(text: string, { fences }: FencesFound): Iterable<Edit> {
  let from = 0
  for (const { start, end } of fences) {
    yield* inlineEdits(text, { from, to: start })
    yield { start, end, put: OBJECT }
    from = end
  }
  yield* inlineEdits(text, { from, to: text.length })
}

interface Run {
  readonly at: number
  readonly length: number
  /** Index of the next run of the same length in the same paragraph. */
  next: number | null
}

function* inlineEdits(
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
): Iterable<Edit> {
  const runs = backtickRuns(text, { from, to })
  for (let index = 0; index < runs.length; index += 1) {
    const run = runs[index]
    const close = run?.next === null || run === undefined ? undefined : runs[run.next]
    if (run === undefined || close === undefined || text[run.at - 1] === '\\') continue
    const end = close.at + close.length
    const inner = text.slice(run.at + run.length, close.at)
    if (isShown(text, { start: run.at, end, inner })) yield { start: run.at, end, put: OBJECT }
    index = run.next ?? index
  }
}

function backtickRuns(
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
): readonly Run[] {
  const runs: Run[] = []
  let open = new Map<number, Run>()
  const pattern = /`+|\n[ \t]*\n|\uE01E/gu
  pattern.lastIndex = from
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match.index >= to) break
    if (!match[0].startsWith('`')) {
      open = new Map()
      pattern.lastIndex = Math.max(match.index + 1, pattern.lastIndex - 1)
      continue
    }
    const run: Run = { at: match.index, length: match[0].length, next: null }
    const earlier = open.get(run.length)
    if (earlier !== undefined) earlier.next = runs.length
    open.set(run.length, run)
    runs.push(run)
  }
  return runs
}

const WORK = /^\W*(?:todo|tbd|tbc|tba|fixme|xxx+|(?:insert|your|enter|add|fill)\b.+)/iu

/** Inline code that stands where a value would, and is a stub, is said and not shown. */
function isShown(
  text: string,
  { start, end, inner }: { readonly start: number; readonly end: number; readonly inner: string },
): boolean {
  if (inner.length > 200 || !WORK.test(inner)) return true
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const before = text.slice(Math.max(lineStart, start - 200), start)
  const after = text.slice(end, end + 200).split('\n', 1)[0] ?? ''
  if (/\[\W*$/u.test(before) && /^\W*\](?![([])/u.test(after)) return false
  return !(/(?:^|[^|\s][\s*_]*\||[:：])[\s*_]*$/u.test(before) && /^[\s*_.]*(?:$|\|)/u.test(after))
}
