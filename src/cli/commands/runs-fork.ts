import { Command } from 'commander'
import { createRuntime } from '../../drive/runtime.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { findRun } from '../find/find-run.ts'
import { homeArtifacts, withStore } from '../home/home.ts'
import { shellWord } from '../invocation.ts'
import { homeSecretKey } from '../home/secret-key.ts'
import { who } from '../who.ts'

interface ForkCommandOptions {
  readonly at?: string
  readonly id?: string
  readonly as?: string
  readonly json?: true
}

const EXAMPLES = `
The copy is a run of its own: approvals and confirmations stay behind, and what a gate allows only
once is allowed once for both. It does not go on by itself.

Examples:
  $ lockstep runs fork last                       as it rests now
  $ lockstep runs fork last --at triage           as it stood after that step
  $ lockstep runs fork last --at start --id second-try`

/** `lockstep runs fork RUN`: makes a run of another's first events. */
export function runsForkCommand(cli: Cli): Command {
  return new Command('fork')
    .description('copy a run up to a checkpoint, as a run of its own')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option(
      '--at <checkpoint>',
      'a checkpoint, a step, or the number of an event; its end if left out',
    )
    .option('--id <id>', 'the id of the copy; made when left out')
    .option('--as <name>', 'who makes it; LOCKSTEP_USER, else your login')
    .option('--json', 'print { run, from } as JSON, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: ForkCommandOptions) => fork(cli, run, options))
}

async function fork(cli: Cli, given: string, options: ForkCommandOptions): Promise<void> {
  const { at, id } = options
  const by = options.as ?? who(cli.env)
  const made = await withStore(cli.env, async (store) => {
    const row = await findRun(store, given)
    const secretKey = homeSecretKey(cli.env)
    const artifacts = homeArtifacts(cli.env)
    const runtime = createRuntime({ store, env: cli.env, secretKey, artifacts })
    const copy = await runtime.fork(row.run, {
      ...(at === undefined ? {} : { at: /^\d+$/.test(at) ? Number(at) : at }),
      ...(id === undefined ? {} : { id }),
      ...(by === null ? {} : { by }),
    })
    return { run: copy.id, from: row.run, record: copy.record() }
  })
  if (options.json === true) {
    writeJson(cli, { run: made.run, from: made.from })
    return
  }
  const { screen } = cli
  screen.entry({
    indent: 0,
    mark: '⑂',
    markColor: 'green',
    head: oneLine(made.run),
    body: `a copy of ${oneLine(made.from)}${at === undefined ? '' : ` at ${oneLine(at)}`}`,
  })
  const run = shellWord(made.run)
  const next = made.record.reason === null ? `runs resume ${run}` : `runs show ${run}`
  screen.entry({ indent: 2, mark: 'next ', markColor: 'dim', body: 'Go on with it:' })
  screen.line(`        ${screen.paint(`${cli.command} ${next}`, 'cyan')}`)
}
