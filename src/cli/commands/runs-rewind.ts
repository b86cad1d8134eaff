import { Command } from 'commander'
import type { MindOptions } from '../choose-mind.ts'
import type { Cli } from '../cli.ts'
import { goOn } from '../go-on.ts'
import { withMindFlags } from '../mind-flags.ts'
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
  let isRefused = false
  await goOn(cli, given, {
    flags: options,
    onEvents(events) {
      isRefused ||= events.some(({ type }) => type === 'rewind.refused')
    },
    drive: (run) =>
      run.rewind({
        to: options.to,
        ...(by === null ? {} : { by }),
        ...(options.branch === undefined ? {} : { branch: options.branch }),
      }),
  })
  if (isRefused) cli.exitCode = 1
}
