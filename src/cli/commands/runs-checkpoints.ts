import { Command } from 'commander'
import { createFold } from '../../core/log/fold/fold.ts'
import { checkpointsOf } from '../../drive/go-back.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { tableLines } from '../display/screen.ts'
import { findRun } from '../find/find-run.ts'
import { withStore } from '../home/home.ts'
import { readLog } from '../find/read-log.ts'

const EXAMPLES = `
A checkpoint is the start, the end of each visit of a step (triage#1; triage is the newest visit),
and what the workflow or somebody gave a name.

Examples:
  $ lockstep runs checkpoints last
  $ lockstep runs rewind last --to triage
  $ lockstep runs fork last --at triage`

/** `lockstep runs checkpoints RUN`: the places to which a run can go back. */
export function runsCheckpointsCommand(cli: Cli): Command {
  return new Command('checkpoints')
    .description('list the places to which a run can go back')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('--json', 'print a JSON list')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: { readonly json?: true }) => checkpoints(cli, run, options))
}

async function checkpoints(
  cli: Cli,
  given: string,
  options: { readonly json?: true },
): Promise<void> {
  const events = await withStore(cli.env, async (store) =>
    readLog(store, (await findRun(store, given)).run),
  )
  const fold = createFold([])
  for (const event of events) fold.add(event)
  const found = checkpointsOf(fold, (seq) => events[seq - 1]?.at ?? 0)
  if (options.json === true) {
    writeJson(cli, found)
    return
  }
  const { screen } = cli
  const startedAt = events[0]?.at ?? 0
  const cells = found.map(({ name, seq, step, at }) => [
    oneLine(name),
    oneLine(step ?? '(before the first)'),
    String(seq),
    `+${((at - startedAt) / 1000).toFixed(1)} s`,
  ])
  const rows = [['CHECKPOINT', 'STEP', 'EVENT', 'AFTER'], ...cells]
  const lines = tableLines(rows, { columns: screen.columns, least: 2 })
  lines.forEach((line, index) => screen.line(index === 0 ? screen.paint(line, 'dim') : line))
}
