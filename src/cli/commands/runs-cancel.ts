import { Command } from 'commander'
import { createRuntime } from '../../drive/runtime.ts'
import { writeJson, type Cli } from '../cli.ts'
import { exitCodeOf, reasonMark } from '../display/outcome.ts'
import { oneLine } from '../display/plain-text.ts'
import { findRun } from '../find/find-run.ts'
import { homeArtifacts, withStore } from '../home/home.ts'
import { homeSecretKey } from '../home/secret-key.ts'
import { openTraces } from '../home/open-traces.ts'

/** `lockstep runs cancel RUN`: ends a run, or asks its driver to. */
export function runsCancelCommand(cli: Cli): Command {
  return new Command('cancel')
    .description('end a run; one that runs elsewhere is told to end')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('--json', 'print the run record as one JSON object, and nothing else')
    .addHelpText('after', '\nExamples:\n  $ lockstep runs cancel last')
    .action((run: string, options: { readonly json?: true }) =>
      cancel(cli, run, { json: options.json === true }),
    )
}

async function cancel(cli: Cli, given: string, options: { readonly json: boolean }): Promise<void> {
  const record = await withStore(cli.env, async (store) => {
    const row = await findRun(store, given)
    const telemetry = await openTraces(cli.env)
    const run = await createRuntime({
      store,
      env: cli.env,
      secretKey: homeSecretKey(cli.env),
      artifacts: homeArtifacts(cli.env),
      ...(telemetry === null ? {} : { telemetry }),
    }).open(row.run)
    const cancelled = await run.cancel()
    await telemetry?.close()
    return cancelled
  })
  const ended = record.reason === 'cancelled'
  cli.exitCode = ended || record.reason === null ? 0 : exitCodeOf(record.reason)
  if (options.json) {
    writeJson(cli, record)
    return
  }
  const [mark, markColor] = ended ? (['✓', 'green'] as const) : reasonMark(record.reason)
  cli.screen.entry({
    indent: 0,
    mark,
    markColor,
    head: oneLine(record.run),
    body: ended ? oneLine(record.message) : 'its driver was told to end it, and does so soon',
  })
}
