import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { writeJson, type Cli } from './cli.ts'
import { approveCommand } from './commands/approve.ts'
import { artifactsCommand } from './commands/artifacts.ts'
import { auditCommand } from './commands/audit.ts'
import { checkCommand } from './commands/check.ts'
import { doctorCommand } from './commands/doctor.ts'
import { evalCommand } from './commands/eval.ts'
import { graphCommand } from './commands/graph.ts'
import { guidelinesCommand } from './commands/guidelines.ts'
import { handoffCommand } from './commands/handoff.ts'
import { initCommand } from './commands/init.ts'
import { memoryCommand } from './commands/memory.ts'
import { promptCommand } from './commands/prompt.ts'
import { keysCommand } from './commands/keys.ts'
import { runCommand } from './commands/run.ts'
import { runsCancelCommand } from './commands/runs-cancel.ts'
import { runsCheckpointsCommand } from './commands/runs-checkpoints.ts'
import { runsForkCommand } from './commands/runs-fork.ts'
import { runsListCommand } from './commands/runs-list.ts'
import { runsResumeCommand } from './commands/runs-resume.ts'
import { runsRewindCommand } from './commands/runs-rewind.ts'
import { runsShowCommand } from './commands/runs-show.ts'
import { schemaCommand } from './commands/schema.ts'
import { serveCommand } from './commands/serve.ts'
import { showError } from './show-error.ts'

/*
 * The command line: one file per command under commands/. Arguments in, output and an exit code out.
 */

const EXAMPLES = `
Examples:
  $ lockstep init my-agent            a workflow that runs at once, with no key
  $ lockstep run my-agent/workflow.yaml --input 'A table for four on Friday, please'
  $ lockstep check my-agent/workflow.yaml
  $ lockstep eval my-agent            run its evals: cases with the behaviour that is expected
  $ lockstep runs show last
  $ lockstep approve last --as ana    let a call go that waits for a person

LOCKSTEP_HOME is the folder that keeps the runs (default .lockstep); LOCKSTEP_STORE=postgres://…
keeps them in a database. NO_COLOR turns colour off.`

const RUNS_EXAMPLES = `
RUN is an id, the beginning of one, or \`last\`.

Examples:
  $ lockstep runs list
  $ lockstep runs show last --events
  $ lockstep runs resume last --input 'Yes, go on'
  $ lockstep runs rewind last --to triage
  $ lockstep runs fork last --at start
  $ lockstep runs cancel run_m1x2`

/** Runs the command line on `args` (without node and file); the exit code is `cli.exitCode`. */
export async function runCli(cli: Cli, args: readonly string[]): Promise<void> {
  const json = args.includes('--json')
  try {
    await createProgram(cli).parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) return showError(cli, error, { json })
    // Help and version end so as well; what was wrong has been said already.
    cli.exitCode = error.exitCode === 0 ? 0 : 2
    if (json && cli.exitCode === 2) {
      const message = error.message.replace(/^error: /, '')
      writeJson(cli, { error: { code: 'usage', message, advice: null, issues: [] } })
    }
  }
}

function createProgram(cli: Cli): Command {
  const runs = new Command('runs')
    .description('list, show and go on with runs')
    .addHelpText('after', RUNS_EXAMPLES)
    .addCommand(runsListCommand(cli))
    .addCommand(runsShowCommand(cli))
    .addCommand(runsResumeCommand(cli))
    .addCommand(runsCheckpointsCommand(cli))
    .addCommand(runsRewindCommand(cli))
    .addCommand(runsForkCommand(cli))
    .addCommand(runsCancelCommand(cli))
  const audit = auditCommand(cli)
  const artifacts = artifactsCommand(cli)
  const memory = memoryCommand(cli)
  const keys = keysCommand(cli)
  const program = new Command('lockstep')
    .description('Agents that do things in order: the model talks, the workflow decides.')
    .version(version(), '-V, --version', 'print the version')
    // Behind a command, --version is one of the command's own.
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES)
  const commands = [
    runCommand(cli),
    checkCommand(cli),
    promptCommand(cli),
    graphCommand(cli),
    guidelinesCommand(cli),
    evalCommand(cli),
    approveCommand(cli),
    runs,
    artifacts,
    memory,
    handoffCommand(cli),
    audit,
    serveCommand(cli),
    keys,
    initCommand(cli),
    schemaCommand(cli),
    doctorCommand(cli),
  ]
  for (const command of commands) program.addCommand(command)
  const below = [runs, audit, artifacts, memory, keys].flatMap(({ commands: each }) => each)
  for (const command of [program, ...program.commands, ...below]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void cli.stdout.write(withCommand(cli, text)),
      writeErr: (text) => void cli.stderr.write(withCommand(cli, text)),
      getOutHelpWidth: () => cli.screen.columns,
      getErrHelpWidth: () => cli.aside.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    command.showHelpAfterError(`(${cli.command} ${nameOf(command)}--help shows how)`)
  }
  return program
}

function nameOf(command: Command): string {
  if (command.parent === null) return ''
  return `${nameOf(command.parent)}${command.name()} `
}

/** Examples are shown as this user has to type them. */
function withCommand(cli: Cli, text: string): string {
  return text.replaceAll('$ lockstep', `$ ${cli.command}`)
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const manifest: unknown = JSON.parse(text)
  const found: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined
  return typeof found === 'string' ? found : 'unknown'
}
