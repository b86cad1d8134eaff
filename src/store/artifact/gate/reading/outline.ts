import { APART, OBJECT } from './code.ts'

/*
 * The parts of a text: its headings as Markdown and HTML make them, lines in bold, and labels, with
 * what stands under each.
 */

/** One part of a text. Offsets are those of the text that was read. */
export interface Part {
  /** 1 to 6 of a heading; 7 of a line in bold, 8 of a label (`Name:`). */
  readonly level: number
  readonly title: string
  readonly start: number
  /** What stands under it, up to the next part of any level. */
  readonly body: string
}

const ATX = /^[ \t>]*(#{1,6})(?:[ \t]+(.*?))?[ \t]*#*[ \t]*$/u
const UNDERLINE = /^[ \t]*(?:(=+)|-{2,})[ \t]*$/u
const BOLD = /^[ \t]*(?:\*\*|__)([^*_\n]{1,120})(?:\*\*|__)[ \t]*([:：]?)[ \t]*(.*)$/u
const LABEL = /^[ \t]*(?:[-*+][ \t]+)?([\p{L}\p{N}][^:：.!?|\n]{0,58})[:：][ \t]*(.*)$/u
const COMMENT = /\uE010[^\uE010\uE011]*\uE011/gu
/** An item of a numbered list without words. */
const BARE_NUMBER = /^[ \t]*\d{1,3}[.)][ \t]*$/gmu
const SUBSTANCE = new RegExp(
  `[\\p{L}\\p{N}\\p{Extended_Pictographic}\\p{Sc}\\p{Sm}—${OBJECT}]`,
  'u',
)

/** Whether a piece of text says anything: words, numbers, an image, code; not only marks and comments. */
export function saysSomething(text: string): boolean {
  const plain = text.includes('\uE010') ? text.replaceAll(COMMENT, '') : text
  return SUBSTANCE.test(/\d[.)]/u.test(plain) ? plain.replaceAll(BARE_NUMBER, '') : plain)
}

/** The headings of a text, in order; `labels` also takes bold lines and labels for parts. Linear. */
export function partsOf(text: string, { labels }: { readonly labels: boolean }): readonly Part[] {
  const marks: { level: number; title: string; start: number; bodyAt: number }[] = []
  let previous = { text: '', at: 0, alone: true }
  let inMatter = /^---[ \t]*\n/u.test(text)
  for (let at = 0; at <= text.length;) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const line = text.slice(at, end)
    if (inMatter) {
      inMatter = at === 0 || !/^(?:---|\.\.\.)[ \t]*$/u.test(line)
    } else if (UNDERLINE.test(line) && isTitle(previous)) {
      const level = line.trim().startsWith('=') ? 1 : 2
      if (marks.at(-1)?.start === previous.at) marks.pop()
      marks.push({ level, title: previous.text.trim(), start: previous.at, bodyAt: end })
    } else {
      const mark = headingOf(line, labels)
      if (mark !== null) marks.push({ ...mark, start: at, bodyAt: at + mark.bodyFrom })
    }
    previous = { text: line, at, alone: previous.text.trim() === '' || previous.text === APART }
    at = end + 1
  }
  return marks.map(({ level, title, start, bodyAt }, index) => ({
    level,
    title,
    start,
    body: text.slice(bodyAt, marks[index + 1]?.start ?? text.length),
  }))
}

function isTitle(line: { readonly text: string; readonly alone: boolean }): boolean {
  return (
    line.alone &&
    line.text.length <= 100 &&
    /\p{L}/u.test(line.text) &&
    !/[.!?,;:|]\s*$|^[ \t]*(?:#{1,6} |[-*+>|] )/u.test(line.text)
  )
}

function headingOf(
  line: string,
  labels: boolean,
): { readonly level: number; readonly title: string; readonly bodyFrom: number } | null {
  if (line === '' || line.length > 4000) return null
  const [, hashes, written = ''] = line.includes('#') ? (ATX.exec(line) ?? []) : []
  const title = written.replace('\uE012', '')
  if (hashes !== undefined) return { level: hashes.length, title, bodyFrom: line.length }
  if (!labels) return null
  const [, bold, , after = ''] = BOLD.exec(line) ?? []
  if (bold !== undefined) return { level: 7, title: bold, bodyFrom: line.length - after.length }
  const [, label, value = ''] = LABEL.exec(line) ?? []
  return label === undefined
    ? null
    : { level: 8, title: label, bodyFrom: line.length - value.length }
}
