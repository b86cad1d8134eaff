import { styleText } from 'node:util'
import { wrap } from './flow.ts'
import { pad, shorten, widthOf } from './plain-text.ts'

/** Where output goes: `process.stdout`, or a test's own. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  hasColors?(): boolean
}

const COLORS = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const
export type Color = (typeof COLORS)[number]

/** One line with a mark, a name and what belongs to it, wrapped under itself. */
export interface Entry {
  readonly indent: number
  readonly mark: string
  readonly markColor?: Color
  readonly head?: string
  readonly headColor?: Color
  readonly body?: string
  readonly bodyColor?: Color
  /** What goes beyond is cut; no limit when left out. */
  readonly maxLines?: number
}

/** Lines for a person: wrapped to the width, with colour where it shows. */
export interface Screen {
  /** True on a terminal: text may appear as it comes. */
  readonly live: boolean
  /** Columns that may be used now; a terminal may be resized. */
  readonly columns: number
  paint(text: string, color?: Color): string
  write(text: string): void
  line(text?: string): void
  entry(entry: Entry): void
}

const PIPE_COLUMNS = 100
const MIN_COLUMNS = 20
const MAX_COLUMNS = 120

/**
 * Makes a screen of a stream. Colour only on a terminal that shows it (NO_COLOR turns it off); in a
 * pipe plain lines of 100 columns, or as many as COLUMNS says.
 */
export function createScreen(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
): Screen {
  const live = output.isTTY === true
  const noColor = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  const color = live && !noColor && (output.hasColors?.() ?? true)
  const columns = (): number => {
    const known = (live ? output.columns : undefined) ?? Number(env['COLUMNS'] ?? '')
    const wanted = known > 0 ? known : PIPE_COLUMNS
    return Math.min(Math.max(wanted, MIN_COLUMNS), MAX_COLUMNS)
  }
  const paint = (text: string, style?: Color): string =>
    color && style !== undefined && text !== ''
      ? styleText(style, text, { validateStream: false })
      : text
  const line = (text = ''): void => void output.write(`${text}\n`)
  return {
    live,
    get columns() {
      return columns()
    },
    paint,
    write: (text) => void output.write(text),
    line,
    entry: (entry) => {
      for (const each of entryLines(entry, columns(), paint)) line(each)
    },
  }
}

function entryLines(
  entry: Entry,
  columns: number,
  paint: (text: string, color?: Color) => string,
): readonly string[] {
  const { mark, head = '', body = '', maxLines = Number.POSITIVE_INFINITY } = entry
  const lead = ' '.repeat(entry.indent)
  const hang = entry.indent + widthOf(mark) + 1
  const room = Math.max(columns - hang, 8)
  const shownHead = shorten(head, room)
  const used = shownHead === '' ? 0 : widthOf(shownHead) + 1
  const first = `${lead}${paint(mark, entry.markColor)} ${paint(shownHead, entry.headColor)}`
  if (body === '') return [first.trimEnd()]
  const whole = wrap(body, { columns: room, used })
  const kept = whole.slice(0, maxLines)
  const last = kept.at(-1) ?? ''
  if (whole.length > kept.length) {
    const free = room - 2 - (kept.length === 1 ? used : 0)
    const cut = shorten(last, free)
    kept[kept.length - 1] = cut.endsWith('…') ? cut : `${cut} …`
  }
  return kept.map((text, index) => {
    const painted = paint(text, entry.bodyColor)
    if (index > 0) return `${' '.repeat(hang)}${painted}`.trimEnd()
    return `${first}${used > 0 && text !== '' ? ' ' : ''}${painted}`.trimEnd()
  })
}

/**
 * Rows as lines, each column as wide as its widest cell. Columns for which there is no room are left
 * out from the right, down to `least`; then lines are cut.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  options: { readonly columns: number; readonly least: number },
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  let shown = widths.length
  const total = (): number => widths.slice(0, shown).reduce((sum, width) => sum + width + 2, -2)
  while (shown > options.least && total() > options.columns) shown--
  return rows.map((row) => {
    const cells = row.slice(0, shown).map((cell, column) => pad(cell, widths[column] ?? 0))
    return shorten(cells.join('  ').trimEnd(), options.columns)
  })
}
