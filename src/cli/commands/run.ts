import { Command } from 'commander'
import { createRuntime } from '../../drive/runtime.ts'
import { chooseMind, type MindOptions } from '../choose-mind.ts'
import type { Cli } from '../cli.ts'
import { followRun } from '../follow-run.ts'
import { homeMemory } from '../home/home-memory.ts'
import { homeArtifacts, withStore } from '../home/home.ts'
import { withMindFlags } from '../mind-flags.ts'
import { openTraces } from '../home/open-traces.ts'
import { openWorkflow } from '../open-workflow.ts'
import { collectOption, readInput } from '../read-input.ts'
import { readStatements, STATE_HELP, STATE_OPTION } from '../read-statements.ts'
import { homeSecretKey } from '../home/secret-key.ts'
import { who } from '../who.ts'

interface RunOptions extends MindOptions {
  readonly input?: readonly string[]
  readonly session?: readonly string[]
  readonly state?: readonly string[]
  readonly id?: string
  readonly as?: string
  readonly json?: true
}

const EXAMPLES = `
Input is JSON, @file (JSON or YAML; @- is stdin), key=value pairs, or plain words (input.message).

Examples:
  $ lockstep run refund.yaml --input 'I want my money back' --model openai/gpt-5-mini
  $ lockstep run refund.yaml --input message=Hello order=17 --script script.yaml
  $ lockstep run refund.yaml --input @input.json --json > record.json
  $ lockstep run refund.yaml --state 'order={"id":"o1"}' --input 'Cancel it'   (gates: $.user.order.latest.id)

Exit code: 0 completed; 3 it rests and waits for somebody; 1 any other end;
2 a bad workflow, script or argument; 130 parked with Ctrl-C.`

/** `lockstep run FILE`: starts a run and shows it until it rests. */
export function runCommand(cli: Cli): Command {
  const command = new Command('run')
    .description('run a workflow and watch it')
    .argument('<file>', 'the workflow: .yaml, .json, .ts or .js')
    .argument('[more...]', 'more key=value pairs of the input')
    .option('-i, --input <value>', 'the input: JSON, @file, key=value or words', collectOption)
    .option(
      '--session <value>',
      'what conditions read as $.session: JSON, @file or key=value',
      collectOption,
    )
    .option(STATE_OPTION, STATE_HELP, collectOption)
  return withMindFlags(command)
    .option(
      '--as <name>',
      'who starts it: never one of two approvers; LOCKSTEP_USER, else your login',
    )
    .option('--id <id>', 'the id of the run; made when left out')
    .option('--json', 'print the run record as one JSON object, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action((file: string, more: readonly string[], options: RunOptions) =>
      run(cli, file, { ...options, input: [...(options.input ?? []), ...more] }),
    )
}

async function run(cli: Cli, file: string, options: RunOptions): Promise<void> {
  const { env } = cli
  const workflow = await openWorkflow(file, env)
  const input = await readInput(options.input ?? [], {
    option: '--input',
    schema: workflow.plan.spec.input,
  })
  const session = await readInput(options.session ?? [], { option: '--session' })
  const states = await readStatements(options.state ?? [])
  const { source } = workflow
  const by = options.as ?? who(env)
  const chosen = await chooseMind(options, { spec: workflow.plan.spec, source, env })
  const telemetry = await openTraces(env)
  await withStore(env, async (store) => {
    const secretKey = homeSecretKey(env)
    const artifacts = homeArtifacts(env)
    const memory = homeMemory(env)
    const traced = telemetry === null ? {} : { telemetry }
    const own = { secretKey, artifacts, memory, ...traced }
    const runtime = createRuntime({ store, mind: chosen.mind, env, ...own })
    await followRun(cli, {
      json: options.json === true,
      chosen,
      telemetry,
      drive: async ({ hooks }) => {
        const run = await runtime.start(workflow, {
          ...hooks,
          input,
          session,
          states,
          ...(chosen.model === undefined ? {} : { model: chosen.model }),
          ...(by === null ? {} : { by }),
          ...(options.id === undefined ? {} : { id: options.id }),
        })
        return run.done
      },
    })
  })
}
