import { Command } from 'commander'
import { z } from 'zod'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { ClientResult } from '../../drive/first-events.ts'
import type { Run } from '../../drive/run.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { MindOptions } from '../choose-mind.ts'
import type { Cli } from '../cli.ts'
import { goOn } from '../go-on.ts'
import { withMindFlags } from '../mind-flags.ts'
import { openWorkflow } from '../open-workflow.ts'
import { collectOption, readInput, readValue } from '../read-input.ts'
import { readStatements, STATE_HELP, STATE_OPTION } from '../read-statements.ts'
import { UsageError } from '../usage-error.ts'

interface ResumeOptions extends MindOptions {
  readonly input?: string
  readonly state?: readonly string[]
  readonly results?: string
  readonly executed?: string
  readonly notExecuted?: string
  readonly workflow?: string
  readonly migrate?: true
  readonly json?: true
}

const EXAMPLES = `
A run remembers neither its script nor its model: say --script or --model again where it had one.
A script counts all model calls of the run, so new entries go to the end of the same file.

Examples:
  $ lockstep runs resume last                        go on after Ctrl-C, a crash or model_failed
  $ lockstep runs resume last --input 'Order 17'     answer a question, or say more
  $ lockstep runs resume last --input '{"slots":{"tone":"warm","pages":2}}'     answer several
  $ lockstep runs resume last --results '[{"call":"call_1_1","output":{"ok":true}}]'
  $ lockstep runs resume last --state 'order={"id":"o1"}' --input 'Cancel it'
  $ lockstep runs resume last --executed call_2_1    a write in doubt did happen
  $ lockstep runs resume last --not-executed call_2_1
  $ lockstep runs resume last --workflow edited.yaml             says what differs; then:
  $ lockstep runs resume last --workflow edited.yaml --migrate`

/** `lockstep runs resume RUN`: goes on where the log ends, with what the run waits for. */
export function runsResumeCommand(cli: Cli): Command {
  const command = new Command('resume')
    .description('go on with a run, with what it waits for')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('-i, --input <value>', "the user's next message or answer: words, JSON or @file")
    .option(STATE_OPTION, STATE_HELP, collectOption)
    .option('--results <value>', 'results of client tools: a JSON list, or @file')
    .option('--executed <call[=json]>', 'a write in doubt did happen, with this output')
    .option('--not-executed <call>', 'a write in doubt did not happen')
    .option('--workflow <file>', 'an edited workflow to go on under, where nothing ahead differs')
    .option('--migrate', 'go on under the edited workflow although a step ahead differs')
  return withMindFlags(command)
    .option('--json', 'print the run record as one JSON object, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: ResumeOptions) => resume(cli, run, options))
}

async function resume(cli: Cli, given: string, options: ResumeOptions): Promise<void> {
  const drive = await readNext(options)
  const { workflow: file, migrate } = options
  await goOn(cli, given, {
    flags: options,
    ...(file === undefined ? {} : { workflow: await openWorkflow(file, cli.env) }),
    ...(migrate === true ? { migrate } : {}),
    drive,
  })
}

type Next = (run: Run) => Promise<RunRecord>

/** What the user states comes first; where that is all, the run goes on only if it can. */
async function readNext(options: ResumeOptions): Promise<Next> {
  const next = await readAnswer(options)
  const statements = await readStatements(options.state ?? [])
  if (statements.length === 0) return next ?? ((run) => run.resume())
  return async (run) => {
    for (const { kind, facts } of statements) await run.state(kind, facts)
    if (next !== null) return next(run)
    return run.resume().catch((error: unknown) => {
      if (error instanceof LockstepError && error.code === 'not_waiting') return run.record()
      throw error
    })
  }
}

async function readAnswer(options: ResumeOptions): Promise<Next | null> {
  const { input, results, executed, notExecuted } = options
  const given = [input, results, executed, notExecuted].filter((each) => each !== undefined)
  if (given.length > 1) {
    throw new UsageError('give one of --input, --results, --executed and --not-executed')
  }
  if (input !== undefined) {
    const message = await readMessage(input)
    return (run) => run.send(message)
  }
  if (results !== undefined) {
    const list = readResults(await readValue(results, '--results'))
    return (run) => run.answer(list)
  }
  if (executed !== undefined) return readExecuted(executed)
  if (notExecuted !== undefined) {
    return (run) => run.settle({ call: notExecuted, executed: false })
  }
  return null
}

/** Words are a message whatever they look like; JSON and files are an object. */
async function readMessage(input: string): Promise<string | JsonObject> {
  const isObject = input.startsWith('@') || input.trimStart().startsWith('{')
  return isObject ? readInput([input], { option: '--input' }) : input
}

async function readExecuted(given: string): Promise<Next> {
  const equals = given.indexOf('=')
  if (equals < 0) return (run) => run.settle({ call: given, executed: true })
  const call = given.slice(0, equals)
  const output = json.parse(await readValue(given.slice(equals + 1), '--executed'))
  return (run) => run.settle({ call, executed: true, output })
}

const json: z.ZodType<Json> = z.json()
const clientResults = z.array(
  z.union([
    z.strictObject({ call: z.string(), output: json }),
    z.strictObject({
      call: z.string(),
      error: z.strictObject({ code: z.string(), message: z.string() }),
    }),
  ]),
)

function readResults(value: unknown): readonly ClientResult[] {
  const parsed = clientResults.safeParse(isJsonObject(value) ? [value] : value)
  if (parsed.success) return parsed.data
  throw new UsageError('--results must be a list of results', {
    advice: 'each is {"call":"ID","output":…} or {"call":"ID","error":{"code":"…","message":"…"}}',
  })
}
