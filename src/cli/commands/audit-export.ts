import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { ledger } from '../../core/log/ledger/ledger.ts'
import type { LedgerEntry } from '../../core/log/ledger/ledger-line.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import type { ChainedEvent, Store } from '../../store/store.ts'
import type { Cli } from '../cli.ts'
import { findRun } from '../find/find-run.ts'
import { withStore } from '../home/home.ts'
import { readLog } from '../find/read-log.ts'
import { UsageError } from '../usage-error.ts'

interface ExportOptions {
  readonly format: 'jsonl' | 'csv'
  readonly out?: string
}

const HELP = `
jsonl is the whole log, one event with its hash a line, then one line for each seal.
csv is the ledger: a line for each verdict, grant, dispatch, limit, rewind and word of a person.

Examples:
  $ lockstep audit export last > run.jsonl
  $ lockstep audit export last --format csv --out ledger.csv`

/** `lockstep audit export RUN`: the sealed log for machines, or the ledger for a spreadsheet. */
export function auditExportCommand(cli: Cli): Command {
  return new Command('export')
    .description('write a log as JSON Lines, or its ledger as CSV')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .addOption(
      new Option('--format <format>', 'jsonl or csv').choices(['jsonl', 'csv']).default('jsonl'),
    )
    .option('--out <file>', 'write it there instead of stdout')
    .addHelpText('after', HELP)
    .action((run: string, options: ExportOptions) => exportRun(cli, run, options))
}

async function exportRun(cli: Cli, given: string, options: ExportOptions): Promise<void> {
  const lines = await withStore(cli.env, async (store) => {
    const { run } = await findRun(store, given)
    return options.format === 'csv'
      ? csvLines(ledger(await readLog(store, run)))
      : jsonLines(store, run)
  })
  const { out } = options
  if (out === undefined) {
    for (const line of lines) cli.stdout.write(line)
    return
  }
  try {
    await writeFile(out, lines.join(''))
  } catch (error) {
    throw new UsageError(`cannot write ${out}: ${messageOf(error)}`, { cause: error })
  }
  cli.aside.entry({ indent: 0, mark: '✓', body: `${lines.length} lines in ${out}` })
}

async function jsonLines(store: Store, run: string): Promise<readonly string[]> {
  const seals = await store.readSeals(run)
  const log = await store.readChain(run)
  return [
    ...(log?.events ?? []).map((event) => `${JSON.stringify(exported(event))}\n`),
    ...seals.map((seal) => `${JSON.stringify({ seal })}\n`),
  ]
}

/** A damaged event goes out as the text that it is. */
function exported({ seq, hash, text }: ChainedEvent): unknown {
  try {
    const event: unknown = JSON.parse(text)
    return { seq, hash, event }
  } catch {
    return { seq, hash, unreadable: text }
  }
}

const COLUMNS: readonly (readonly [name: string, read: (entry: LedgerEntry) => string])[] = [
  ['seq', ({ seq }) => String(seq)],
  ['at', ({ at }) => new Date(at).toISOString()],
  ['kind', ({ kind }) => kind],
  ['by', ({ by }) => by],
  ['branch', ({ branch = '' }) => branch],
  ['call', ({ call }) => call ?? ''],
  ['tool', ({ tool }) => tool ?? ''],
  ['gate', ({ gate }) => gate],
  ['verdict', ({ verdict }) => verdict],
  ['reason', ({ reason }) => reason],
  ['facts', ({ facts = [] }) => facts.join(' ')],
  ['request', ({ request = '' }) => request],
]

/** RFC 4180, with a header. */
function csvLines(entries: readonly LedgerEntry[]): readonly string[] {
  const rows = entries.map((entry) => COLUMNS.map(([, read]) => read(entry)))
  return [COLUMNS.map(([name]) => name), ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`)
}

/** A text that a spreadsheet would take for a formula is marked as text: models write reasons (Law 16). */
function csvCell(value: string): string {
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
