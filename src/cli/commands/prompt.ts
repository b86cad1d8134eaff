import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { MindRequest } from '../../core/decide/mind-request.ts'
import { enterStep, plannerRequest } from '../../core/decide/prompt.ts'
import { offer } from '../../core/decide/scope.ts'
import type { EventBody } from '../../core/log/event.ts'
import { createFold, type Fold } from '../../core/log/fold/fold.ts'
import { legalNames } from '../../core/spec/issue.ts'
import { isJsonObject, type JsonObject } from '../../core/spec/json.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import type { Plan, PlanStep } from '../../core/spec/plan.ts'
import { vaultOpener, writableInput } from '../../drive/open-vault.ts'
import { startEvents } from '../../drive/start-events.ts'
import { memoryStore } from '../../store/memory.ts'
import { askRole } from '../ask-role.ts'
import { writeJson, type Cli } from '../cli.ts'
import { showRequest } from '../display/request-lines.ts'
import { openWorkflow } from '../open-workflow.ts'
import { collectOption, readInput, readValue } from '../read-input.ts'
import { UsageError } from '../usage-error.ts'

/** Stands for what a verifier scores; nobody would write it. */
const NO_CONTENT = '(the content of the version)'

interface PromptOptions {
  readonly step?: string
  readonly input?: readonly string[]
  readonly session?: readonly string[]
  readonly outputs?: string
  readonly model?: string
  readonly role?: 'planner' | 'composer' | 'verifier'
  readonly artifact?: string
  readonly content?: string
  readonly json?: true
}

const EXAMPLES = `
A step that quotes earlier steps needs their outputs: --outputs '{"triage":{"intent":"refund"}}'
plays those steps first, in that order, each with this answer. What tools would have given a
composer is null here.

Examples:
  $ lockstep prompt refund.yaml --step triage --input 'I want my money back'
  $ lockstep prompt refund.yaml --step refund --input @input.json --json
  $ lockstep prompt letter.yaml --step compose --role composer
  $ lockstep prompt letter.yaml --step compose --role verifier --content @letter.md`

/** `lockstep prompt FILE --step S`: what a model is sent at a step's first call (Law 14). */
export function promptCommand(cli: Cli): Command {
  return new Command('prompt')
    .description('show exactly what a model would be sent at a step')
    .argument('<file>', 'the workflow: .yaml, .json, .ts or .js')
    .option('-s, --step <name>', "the step; the workflow's first when left out")
    .option('-i, --input <value>', 'the input: JSON, @file, key=value or words', collectOption)
    .option('--session <value>', 'what conditions read as $.session', collectOption)
    .option('--outputs <json>', 'outputs of steps before it, by name: JSON or @file')
    .option('--model <provider/model>', 'the run’s model, as in `lockstep run`')
    .addOption(
      new Option('--role <role>', 'whose prompt: the composer’s and verifier’s are their own')
        .choices(['planner', 'composer', 'verifier'])
        .default('planner'),
    )
    .option('--artifact <name>', 'what is written or scored, where the step writes several')
    .option('--content <text>', 'what a verifier scores: words or @file')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: PromptOptions) => prompt(cli, file, options))
}

async function prompt(cli: Cli, file: string, options: PromptOptions): Promise<void> {
  const { plan } = await openWorkflow(file, cli.env)
  const { input: properties } = plan.spec
  const input = await readInput(options.input ?? [], { option: '--input', schema: properties })
  const session = await readInput(options.session ?? [], { option: '--session' })
  const before = options.outputs === undefined ? {} : await readValue(options.outputs, '--outputs')
  if (!isJsonObject(before)) throw new UsageError('--outputs must be an object: outputs by step')
  const step = findStep(plan, options.step ?? plan.start)
  // Nothing is kept of a preview, so neither is its key.
  const vault = vaultOpener({ store: memoryStore(), given: undefined, env: {} })(plan)
  const fold = createFold(plan.histories)
  record(
    fold,
    ...startEvents(plan, {
      id: 'run_preview',
      input: writableInput(input, { plan, vault }),
      session,
      ...(options.model === undefined ? {} : { model: options.model }),
    }),
  )
  for (const [name, output] of Object.entries(before)) {
    enter(plan, fold, findStep(plan, name))
    answer(fold, name, typeof output === 'string' ? { text: output } : { output })
  }
  if (step.each !== null) {
    throw new UsageError(
      `step ${step.name} asks no model: it runs ${step.each.workflow} for each item`,
    )
  }
  enter(plan, fold, step)
  const { role = 'planner' } = options
  const request = await requestFor(plan, fold, { step, options })
  if (options.json === true) {
    const { run: _run, call: _call, asked: _asked, ...sent } = request
    writeJson(cli, sent)
  } else {
    const { legal } = role === 'planner' ? offer(plan, fold.state, step) : request
    showRequest(cli.screen, request, { step, legal })
  }
}

async function requestFor(
  plan: Plan,
  fold: Fold,
  on: { readonly step: PlanStep; readonly options: PromptOptions },
): Promise<MindRequest> {
  const { step, options } = on
  const { role = 'planner', artifact, content = NO_CONTENT } = options
  if (role === 'planner') {
    const call = fold.state.modelCalls + 1
    const asked = {
      type: 'model.called',
      call,
      attempt: 1,
      step: step.name,
      closing: false,
    } as const
    // What binds a model to the envelope goes with its call.
    if (plan.decisions.native) record(fold, { ...asked, native: true })
    return plannerRequest(plan, fold.state, step)
  }
  return askRole(plan, fold, {
    step,
    role,
    ...(artifact === undefined ? {} : { artifact }),
    content: content.startsWith('@') ? await readText(content.slice(1)) : content,
  })
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--content: cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}

function findStep(plan: Plan, name: string): PlanStep {
  const step = plan.steps.get(name)
  if (step !== undefined) return step
  throw new UsageError(`there is no step ${name}; ${legalNames(name, plan.steps.keys())}`)
}

function record(fold: Fold, ...bodies: readonly EventBody[]): void {
  for (const body of bodies) {
    fold.add({ v: 1, seq: fold.state.seq + 1, at: fold.state.at, ...body })
  }
}

function enter(plan: Plan, fold: Fold, step: PlanStep): void {
  const entered = enterStep(plan, fold.state, step)
  if (!entered.ok) {
    throw new UsageError(entered.message, {
      advice: 'give what it reads: --input, --session, or --outputs for steps before it',
    })
  }
  record(fold, entered.event)
}

/** Plays a step with one answer, as the log of a run would hold it. */
function answer(
  fold: Fold,
  step: string,
  given: { readonly text: string } | { readonly output: JsonObject[string] },
): void {
  const { modelCalls, branch } = fold.state
  const call = modelCalls + 1
  const text = 'text' in given ? given.text : JSON.stringify(given.output)
  record(
    fold,
    { type: 'model.called', call, attempt: 1, step, closing: false },
    {
      type: 'model.answered',
      call,
      parts: [{ type: 'text', text }],
      finish: 'stop',
      usage: { input: 0, output: 0, cached: 0 },
    },
    {
      type: 'step.completed',
      step,
      visit: branch.visit,
      output: 'text' in given ? 'text' : 'json',
    },
  )
}
