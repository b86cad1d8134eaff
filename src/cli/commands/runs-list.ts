import { Command } from 'commander'
import type { RunRow } from '../../store/store.ts'
import { writeJson, type Cli } from '../cli.ts'
import { reasonMark } from '../display/outcome.ts'
import { oneLine } from '../display/plain-text.ts'
import { tableLines } from '../display/screen.ts'
import { shownStore, withStore } from '../home/home.ts'
import { wholeNumber } from '../whole-number.ts'

interface ListOptions {
  readonly limit: number
  readonly json?: true
}

/** `lockstep runs list`: the newest runs. */
export function runsListCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the newest runs')
    .option('-n, --limit <number>', 'how many', wholeNumber, 20)
    .option('--json', 'print a JSON list')
    .addHelpText('after', '\nExamples:\n  $ lockstep runs list --limit 5')
    .action((options: ListOptions) => list(cli, options))
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const rows = await withStore(cli.env, (store) => store.list({ limit: options.limit }))
  if (options.json === true) {
    writeJson(cli, rows)
    return
  }
  const { screen } = cli
  if (rows.length === 0) {
    const body = `no runs in ${shownStore(cli.env)}; start one: ${cli.command} run FILE`
    screen.entry({ indent: 0, mark: '·', body })
    return
  }
  const cells = rows.map(rowCells)
  const lines = tableLines([['RUN', 'STATE', 'WORKFLOW', 'STEP', 'AGE', 'EVENTS'], ...cells], {
    columns: screen.columns,
    // What a narrow terminal has no room for is left out from the right.
    least: 2,
  })
  lines.forEach((line, index) => {
    const row = rows[index - 1]
    screen.line(screen.paint(line, row === undefined ? 'dim' : reasonMark(row.reason)[1]))
  })
}

function rowCells(row: RunRow): readonly string[] {
  return [
    row.run,
    row.reason ?? 'unfinished',
    row.workflow,
    row.step ?? '',
    age(Date.now() - row.updatedAt),
    String(row.head),
  ].map(oneLine)
}

const UNITS: readonly (readonly [milliseconds: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
]

function age(milliseconds: number): string {
  for (const [unit, name] of UNITS) {
    if (milliseconds >= unit) return `${Math.floor(milliseconds / unit)} ${name}`
  }
  return `${Math.max(0, Math.floor(milliseconds / 1000))} s`
}
