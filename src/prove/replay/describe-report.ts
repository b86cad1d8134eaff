import type { Defence } from './defences.ts'
import type { ReplayReport } from './replay-file.ts'
import type { FailedCall, PolicyReport, ReplayTotals } from './replay-report.ts'
import type { RecordedReport, RecordedTally } from './recorded-runs.ts'
import type { SuiteReport } from './suite-cases.ts'

const SHOWN_FAILURES = 20
const DEFENCE_WORDS: Readonly<Record<Defence, string>> = {
  scope: 'scope alone',
  gates: 'gates alone',
  both: 'scope and gates',
}

/** A report as text for people: totals, who answered what, what is only asked of the model. */
export function describeReport(reported: ReplayReport): string {
  const { report } = reported
  const parts = [totals(report)]
  switch (reported.kind) {
    case 'policy':
      parts.push(gateTable(report), kindTable(report), policy(reported.report.policy))
      break
    case 'arguments':
      parts.push(gateTable(report), kindTable(report))
      parts.push(`refused without saying what is wrong: ${reported.report.unexplained}`)
      break
    case 'suites':
      parts.push(...reported.report.suites.map(suiteText))
      break
    case 'recorded':
      parts.push(recordedText(reported.report.recorded))
      break
  }
  parts.push(failures(report.failures))
  return parts.filter((part) => part !== '').join('\n\n')
}

function totals({ must_pass, near_miss, must_block }: ReplayTotals): string {
  return table([
    ['', 'cases', 'wrong'],
    ['must pass: refused', must_pass.total, must_pass.refused],
    ...(near_miss.total === 0 ? [] : [['near miss: refused', near_miss.total, near_miss.refused]]),
    ['must block: executed', must_block.total, must_block.executed],
  ])
}

function gateTable({ by_gate }: ReplayTotals): string {
  const rows = Object.entries(by_gate).map(([gate, tally]) => [
    gate,
    tally.must_block,
    tally.must_pass + tally.near_miss,
  ])
  return table([['gate', 'objected rightly', 'wrongly'], ...rows])
}

function kindTable({ by_kind }: ReplayTotals): string {
  const rows = Object.entries(by_kind).map(([kind, tally]) => [
    kind,
    tally.total,
    tally.refused,
    tally.executed,
    answered(tally.answered_by),
  ])
  return table([['kind', 'cases', 'refused', 'executed', 'answered by'], ...rows])
}

function answered(by: Readonly<Record<string, number>>): string {
  return Object.entries(by)
    .toSorted(([, left], [, right]) => right - left)
    .map(([gate, count]) => `${gate} ${count}`)
    .join(', ')
}

function policy({ enforced, guided }: PolicyReport): string {
  if (enforced.length + guided.length === 0) return ''
  const held = enforced.map(({ id, by }) => [`  ${id}`, by.join(', ')])
  const asked = guided.map(({ id, rule }) => [`  ${id}`, rule])
  const enforcedText = held.length === 0 ? '' : `enforced by gates:\n${table(held)}`
  const guidedText =
    asked.length === 0
      ? 'guided, not enforced: nothing'
      : `guided, not enforced (no gate is named after it or begins its \`about\` with it):\n${table(asked)}`
  return [enforcedText, guidedText].filter((text) => text !== '').join('\n')
}

function suiteText(report: SuiteReport): string {
  const { honest, attacks, asked } = report
  const rows = Object.entries(attacks).flatMap(([defence, orders]) =>
    Object.entries(orders).map(([order, tally]) => [
      `  ${wordsFor(defence)}, ${order.replaceAll('_', ' ')}`,
      tally.attacks,
      share(tally.left, tally.attacks),
      share(tally.partly, tally.attacks),
    ]),
  )
  const askedRows = asked.map(({ case: id, tool, gates, values }) => {
    const why =
      values.length === 0 ? 'for nothing' : values.map((text) => JSON.stringify(text)).join(', ')
    return [`  ${id}`, tool, gates.join(', '), why]
  })
  return [
    `${report.suite} ${report.version}: ${honest.total} honest tasks, ${honest.refused} refused, ${honest.asked} asked`,
    table([['  attacks under', 'tried', 'left', 'some writes ran'], ...rows]),
    `  answered by (scope and gates): ${answered(report.answered_by)}`,
    askedRows.length === 0
      ? ''
      : table([['  asked', 'tool', 'gate', 'what only an outsider wrote'], ...askedRows]),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

function recordedText(report: RecordedReport): string {
  const suites = Object.entries(report.by_suite).flatMap(([suite, by]) => recordedRows(suite, by))
  return [
    table([
      ['recorded runs', 'attacks left', 'some writes ran', 'honest refused', 'honest asked'],
      ...recordedRows('all', report.by_defence),
      ...suites,
    ]),
    `gates alone were answered by: ${answered(report.answered_by)}`,
    `attacks without a call that can be told to be theirs (counted as left): ${report.unrecognised}`,
    report.skipped === 0 ? '' : `runs of tasks that no suite file here has: ${report.skipped}`,
  ]
    .filter((text) => text !== '')
    .join('\n')
}

function recordedRows(where: string, by: Readonly<Record<Defence, RecordedTally>>): readonly Row[] {
  return Object.entries(by).map(([defence, tally]) => [
    `${where}, ${wordsFor(defence)}`,
    share(tally.left, tally.attacks),
    share(tally.partly, tally.attacks),
    share(tally.refused, tally.honest),
    share(tally.asked, tally.honest),
  ])
}

function wordsFor(defence: string): string {
  return Object.entries(DEFENCE_WORDS).find(([name]) => name === defence)?.[1] ?? defence
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`
}

function failures(failed: readonly FailedCall[]): string {
  const lines = failed.slice(0, SHOWN_FAILURES).map((failure) => {
    const where = `${failure.case} event ${failure.event}: ${failure.tool}`
    return failure.should === 'run'
      ? `✗ ${where} should have run: ${failure.message}`
      : `✗ ${where} ran, and should not have`
  })
  const more = failed.length - lines.length
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
}

type Row = readonly (string | number)[]

function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => String(row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          typeof cell === 'number'
            ? String(cell).padStart(widths[column] ?? 0)
            : column === row.length - 1
              ? cell
              : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
