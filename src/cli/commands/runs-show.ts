import { Command } from 'commander'
import type { Event } from '../../core/log/event.ts'
import { runRecord, type RunRecord } from '../../core/log/record/run-record.ts'
import { writeJson, type Cli } from '../cli.ts'
import { showOutcome } from '../display/outcome.ts'
import { oneLine } from '../display/plain-text.ts'
import { showProgress } from '../display/progress.ts'
import type { Screen } from '../display/screen.ts'
import { findRun } from '../find/find-run.ts'
import { shownStore, withStore } from '../home/home.ts'
import { readLog } from '../find/read-log.ts'

interface ShowOptions {
  readonly events?: true
  readonly json?: true
}

const EXAMPLES = `
Examples:
  $ lockstep runs show last             what happened, step by step
  $ lockstep runs show last --events    the log itself, event by event
  $ lockstep runs show last --json      the run record: steps, calls, ledger, usage`

/** `lockstep runs show RUN`: what happened, read from the log alone. */
export function runsShowCommand(cli: Cli): Command {
  return new Command('show')
    .description('show what happened in a run, from its log')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('--events', 'the log itself, event by event')
    .option('--json', 'the run record as one JSON object; with --events the events as a list')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: ShowOptions) => show(cli, run, options))
}

async function show(cli: Cli, given: string, options: ShowOptions): Promise<void> {
  const events = await withStore(cli.env, async (store) =>
    readLog(store, (await findRun(store, given)).run),
  )
  const record = runRecord(events)
  if (options.json === true) {
    writeJson(cli, options.events === true ? events : record)
    return
  }
  const { screen } = cli
  if (options.events === true) {
    const startedAt = events[0]?.at ?? 0
    for (const event of events) showRaw(screen, event, startedAt)
    return
  }
  const progress = showProgress(screen)
  for (const event of events) progress.show(event)
  const log = shownStore(cli.env)
  showOutcome(screen, record, { log, command: cli.command, flags: '' })
  showLedger(screen, record)
}

function showRaw(screen: Screen, event: Event, startedAt: number): void {
  const { v: _, seq, at, type, ...rest } = event
  screen.entry({
    indent: 0,
    mark: String(seq).padStart(4),
    markColor: 'dim',
    head: oneLine(type),
    headColor: 'bold',
    body: `+${((at - startedAt) / 1000).toFixed(3)}s ${oneLine(JSON.stringify(rest))}`,
  })
}

/** How often each gate answered what: the ledger at a glance, plain passes of `scope` left out. */
function showLedger(screen: Screen, record: RunRecord): void {
  const counts = new Map<string, number>()
  for (const { kind, gate, verdict } of record.ledger) {
    if (kind !== 'call.judged') continue
    if (gate === 'scope' && verdict === 'allow') continue
    const line = `${gate} ${verdict}`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  if (counts.size === 0) return
  const body = [...counts].map(([line, many]) => `${oneLine(line)} ×${many}`).join(', ')
  screen.entry({ indent: 2, mark: 'gates', markColor: 'dim', body })
}
