import { Command } from 'commander'
import { DEFAULT_TENANT } from '../../drive/open-memory.ts'
import type { MemoryItem } from '../../store/memory-bank/memory-bank.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { tableLines } from '../display/screen.ts'
import { homeMemory } from '../home/home-memory.ts'
import { UsageError } from '../usage-error.ts'
import { wholeNumber } from '../whole-number.ts'

const EXAMPLES = `
Examples:
  $ lockstep memory list                  the records that have notes
  $ lockstep memory list customer-17      its notes, newest first
  $ lockstep memory list customer-17 --json`

const MOST = 1_000

interface ListOptions {
  readonly tenant: string
  readonly limit: number
  readonly json?: true
}

/** `lockstep memory list [RECORD]`: the records that have notes, or the notes of one. */
export function memoryListCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the records that have notes, or the notes of one')
    .argument('[record]', 'whose notes')
    .option('--tenant <name>', 'of which tenant', DEFAULT_TENANT)
    .option('--limit <number>', 'notes at most', wholeNumber, 50)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((record: string | undefined, options: ListOptions) =>
      record === undefined ? listRecords(cli, options) : listNotes(cli, record, options),
    )
}

async function listRecords(cli: Cli, { tenant, json }: ListOptions): Promise<void> {
  const bank = await homeMemory(cli.env)()
  const records = await bank.records(tenant)
  if (json === true) return writeJson(cli, { tenant, records })
  if (records.length === 0) return sayNothing(cli, 'there are no notes')
  const rows = records.map(({ record, notes, at }) => [oneLine(record), String(notes), timeOf(at)])
  showTable(cli, [['RECORD', 'NOTES', 'LAST'], ...rows])
}

async function listNotes(cli: Cli, record: string, options: ListOptions): Promise<void> {
  const { tenant, limit, json } = options
  if (limit < 1 || limit > MOST) throw new UsageError(`--limit is ${limit}; 1 to ${MOST} are legal`)
  const bank = await homeMemory(cli.env)()
  const notes = await bank.list({ tenant, record, limit })
  if (json === true) return writeJson(cli, { tenant, record, notes })
  if (notes.length === 0) {
    return sayNothing(
      cli,
      `there are no notes of ${oneLine(record)}; \`lockstep memory list\` shows the records`,
    )
  }
  const rows = notes.map((note) => [timeOf(note.at), fromOf(note), oneLine(note.text)])
  showTable(cli, [['WHEN', 'FROM', 'TEXT'], ...rows])
}

function fromOf({ source }: MemoryItem): string {
  const { kind, tool, run } = source
  return oneLine(`${tool === undefined ? kind : `${kind} of ${tool}`}, ${run}`)
}

function timeOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}

function showTable(cli: Cli, rows: readonly (readonly string[])[]): void {
  const { screen } = cli
  const lines = tableLines(rows, { columns: screen.columns, least: 3 })
  lines.forEach((line, index) => screen.line(index === 0 ? screen.paint(line, 'dim') : line))
}

function sayNothing(cli: Cli, words: string): void {
  const body = words.replaceAll('`lockstep ', `\`${cli.command} `)
  cli.screen.entry({ indent: 0, mark: '·', body })
}
