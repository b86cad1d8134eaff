import { Command } from 'commander'
import { ledger } from '../../core/log/ledger/ledger.ts'
import type { LedgerEntry } from '../../core/log/ledger/ledger-line.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine, pad, shorten, widthOf } from '../display/plain-text.ts'
import type { Color, Screen } from '../display/screen.ts'
import { findRun } from '../find/find-run.ts'
import { withStore } from '../home/home.ts'
import { readLog } from '../find/read-log.ts'

interface LedgerOptions {
  readonly objections?: true
  readonly json?: true
}

const HELP = `
Examples:
  $ lockstep audit ledger last
  $ lockstep audit ledger last --objections    only what was stopped or held
  $ lockstep audit ledger last --json`

/** `lockstep audit ledger RUN`: every act of enforcement, in order (S2.6). */
export function auditLedgerCommand(cli: Cli): Command {
  return new Command('ledger')
    .description('show who decided what, by which rule, and why')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('--objections', 'only what was stopped, or held for a person')
    .option('--json', 'print a JSON list')
    .addHelpText('after', HELP)
    .action((run: string, options: LedgerOptions) => showLedger(cli, run, options))
}

async function showLedger(cli: Cli, given: string, options: LedgerOptions): Promise<void> {
  const events = await withStore(cli.env, async (store) =>
    readLog(store, (await findRun(store, given)).run),
  )
  const all = ledger(events)
  const entries =
    options.objections === true ? all.filter(({ verdict }) => verdict !== 'allow') : all
  if (options.json === true) return writeJson(cli, entries)
  const { screen } = cli
  if (entries.length === 0) {
    const body = all.length === 0 ? 'nothing was enforced yet' : 'nothing was stopped or held'
    return screen.entry({ indent: 0, mark: '·', body })
  }
  showEntries(screen, entries, events[0]?.at ?? 0)
}

const HEADINGS = ['SEQ', 'AFTER', 'WHAT', 'RULE', 'TOOL', 'WHO'] as const
/** No column is wider: the reason needs the room. */
const WIDEST = 22
/** A reason with less room than this stands under its line. */
const LEAST_REASON = 30

function showEntries(screen: Screen, entries: readonly LedgerEntry[], startedAt: number): void {
  const rows = entries.map((entry) => cellsOf(entry, startedAt))
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ')
  const wide = widthOf(line(HEADINGS)) + LEAST_REASON <= screen.columns
  if (wide) screen.line(screen.paint(`${line(HEADINGS)}  WHY`, 'dim'))
  for (const [index, entry] of entries.entries()) {
    const row = rows[index] ?? []
    const markColor = colorOf(entry)
    const branch = entry.branch === undefined ? [] : [oneLine(entry.branch)]
    const body = oneLine(entry.reason)
    if (wide) {
      const own = [...branch, body].join(': ')
      screen.entry({ indent: 0, mark: `${line(row)} `, ...(markColor && { markColor }), body: own })
      continue
    }
    const [seq = '', , ...rest] = row
    const said = [...rest, ...branch].filter((cell) => cell !== '' && cell !== 'kernel')
    const head = `${said.join(' · ')}:`
    screen.entry({ indent: 0, mark: pad(seq, 4), ...(markColor && { markColor }), head, body })
  }
}

function cellsOf(entry: LedgerEntry, startedAt: number): readonly string[] {
  const what = entry.kind === 'call.judged' ? entry.verdict : entry.kind
  const after = `${((entry.at - startedAt) / 1000).toFixed(1)}s`
  return [String(entry.seq), after, what, entry.gate, entry.tool ?? '', entry.by].map((cell) =>
    shorten(oneLine(cell), WIDEST),
  )
}

function colorOf({ verdict }: LedgerEntry): Color | undefined {
  if (verdict === 'allow') return undefined
  return verdict === 'refuse' ? 'red' : 'yellow'
}
