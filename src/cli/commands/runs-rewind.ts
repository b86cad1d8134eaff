import { Command } from 'commander'
import type { Event } from '../../core/log/event.ts'
import { readPinned } from '../../drive/read-pinned.ts'
import { createRuntime } from '../../drive/runtime.ts'
import { chooseMind, type MindOptions } from '../choose-mind.ts'
import type { Cli } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { followRun } from '../follow-run.ts'
import { withStore } from '../home.ts'
import { withMindFlags } from '../mind-flags.ts'
import { homeSecretKey } from '../secret-key.ts'
import { who } from '../who.ts'

interface RewindCommandOptions extends MindOptions {
  readonly to: string
  readonly as?: string
  readonly branch?: string
  readonly json?: true
}

const EXAMPLES = `
What tools wrote since then is taken back with their \`undo\`, the newest first. A write that has none
is named, and somebody has to approve that it stands (lockstep approve). The log keeps it all. The run
then goes on from there, so say --script or --model again where it had one. Exits with 1 where it
could not go back, and says why.

Examples:
  $ lockstep runs checkpoints last
  $ lockstep runs rewind last --to triage
  $ lockstep runs rewind last --to start --as ana --model openai/gpt-5-mini`

/** `lockstep runs rewind RUN --to NAME`: goes back to a checkpoint and on from there (S1.13). */
export function runsRewindCommand(cli: Cli): Command {
  const command = new Command('rewind')
    .description('go back to a checkpoint: take back what was written since, and go on')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .requiredOption('--to <checkpoint>', 'the checkpoint, or a step: its newest visit')
    .option('--as <name>', 'who asks for it; LOCKSTEP_USER, else your login')
    .option('--branch <id>', 'the sub-run that goes back, instead of the whole run')
  return withMindFlags(command)
    .option('--json', 'print the run record as one JSON object, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: RewindCommandOptions) => rewind(cli, run, options))
}

async function rewind(cli: Cli, given: string, options: RewindCommandOptions): Promise<void> {
  const by = options.as ?? who(cli.env)
  await withStore(cli.env, async (store) => {
    const row = await findRun(store, given)
    const { source } = row
    const spec = readPinned(await store.loadDefinition(row.digest))?.spec ?? null
    const chosen = await chooseMind(options, { spec, source, env: cli.env })
    const secretKey = homeSecretKey(cli.env)
    const runtime = createRuntime({ store, mind: chosen.mind, env: cli.env, secretKey })
    const model = chosen.model === undefined ? {} : { model: chosen.model }
    let refused = false
    await followRun(cli, {
      json: options.json === true,
      chosen,
      drive: async ({ hooks, recall }) => {
        const onEvents = (events: readonly Event[]): void => {
          refused ||= events.some(({ type }) => type === 'rewind.refused')
          hooks.onEvents(events)
        }
        const run = await runtime.open(row.run, { ...hooks, ...model, onEvents })
        await recall(run)
        return run.rewind({
          to: options.to,
          ...(by === null ? {} : { by }),
          ...(options.branch === undefined ? {} : { branch: options.branch }),
        })
      },
    })
    if (refused) cli.exitCode = 1
  })
}
