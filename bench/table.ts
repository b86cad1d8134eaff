/** One line of a table. */
export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What was promised, in the same unit; null for a row that only informs. */
  readonly target: Target | null
  /** Why a target is missed, from what was measured; shown only then. */
  readonly because?: string
}

export interface Target {
  readonly atMost?: number
  readonly atLeast?: number
}

/** The results of one question. */
export interface Table {
  readonly title: string
  readonly rows: readonly Row[]
  /** How it was measured, in a line. */
  readonly method: string
}

/** True or false for a row with a target, null for the others. */
export function isReached({ target, value }: Row): boolean | null {
  if (target === null) return null
  return value <= (target.atMost ?? Infinity) && value >= (target.atLeast ?? -Infinity)
}

/** Writes a table as aligned text. */
export function toText(table: Table): string {
  const cells = table.rows.map((row) => [
    row.what,
    `${formatted(row.value)} ${row.unit}`,
    targetText(row),
    verdictText(row),
  ])
  const head = ['', 'value', 'target', 'reached']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const lines = [head, ...cells].map((row) => {
    const padded = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    return `  ${padded.join('  ')}`.trimEnd()
  })
  const missed = table.rows
    .filter((row) => isReached(row) === false)
    .map((row) => `  missed: ${row.what}: ${row.because ?? 'no part of it was measured alone'}`)
  return [table.title, `  ${table.method}`, ...lines, ...missed, ''].join('\n')
}

/** The same for machines: the rows with their verdicts. */
export function toJson(table: Table): unknown {
  return { ...table, rows: table.rows.map((row) => ({ ...row, reached: isReached(row) })) }
}

function targetText({ target, unit }: Row): string {
  if (target === null) return ''
  if (target.atMost !== undefined) return `≤ ${target.atMost} ${unit}`
  return `≥ ${target.atLeast ?? 0} ${unit}`
}

function verdictText(row: Row): string {
  const reached = isReached(row)
  if (reached === null) return ''
  return reached ? 'yes' : 'no'
}

function formatted(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}
