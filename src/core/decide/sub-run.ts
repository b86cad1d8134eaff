import type { Branch } from '../log/branch.ts'
import type { BatchCall } from '../log/call.ts'
import { newBranch } from '../log/fold/new-draft.ts'
import type { Entry, Reason } from '../log/event.ts'
import type { State } from '../log/state.ts'
import { taskOf } from '../spec/guideline/guideline-task.ts'
import type { AppliedGuidelines } from '../spec/guideline/guideline.ts'
import { guidedInstructions, selectGuidelines } from '../spec/guideline/select-guidelines.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../spec/json.ts'
import type { Plan, PlanTool } from '../spec/plan.ts'
import { templateScopes } from './context.ts'
import { record, type Move } from './move.ts'

/*
 * How a sub-run begins and what comes of it: for an item of a fan-out (items.ts), or as a tool. Its
 * history is its own and begins empty; its log, limits, budgets and grants are the run's (Law 18).
 */

/** What a sub-run is begun for. */
export interface SubRun {
  /** How it is named within the branch that waits for it: `look#1/0`. */
  readonly name: string
  readonly call: string | null
  readonly item: number | null
  /** Under which name the parent's plan knows its workflow. */
  readonly workflow: string
  readonly plan: Plan
  readonly input: JsonObject
  readonly trusted: boolean
}

/**
 * The events that begin a sub-run of the branch in focus. One that cannot begin (its input does not
 * fit, its instructions read what is not there) ends at once, so that it has an outcome as any other.
 */
export function beginSubRun(state: State, of: SubRun): readonly Entry[] {
  const { call, item, workflow, plan, input, trusted } = of
  const id = freeId(state, of.name)
  const wrong = plan.input?.(input) ?? null
  const instructions = wrong === null ? renderInstructions(state, of) : NO_INSTRUCTIONS
  const started: Entry = {
    type: 'branch.started',
    branch: id,
    parent: state.branch.id,
    call,
    item,
    workflow,
    digest: plan.digest,
    input,
    trusted,
    instructions: instructions.ok ? instructions.text : null,
    ...(instructions.ok && instructions.guidelines ? { guidelines: instructions.guidelines } : {}),
  }
  if (wrong === null && instructions.ok) return [started]
  const message =
    wrong === null
      ? `the instructions of ${plan.name}: ${instructions.ok ? '' : instructions.message}`
      : `its input does not fit ${plan.name}: ${wrong}`
  return [started, { type: 'run.rested', branch: id, reason: 'transition_failed', message }]
}

/** A name below the waiting branch's own; a step that is visited again after a rewind finds it taken. */
function freeId(state: State, name: string): string {
  const { id } = state.branch
  const base = id === '' ? name : `${id}/${name}`
  let free = base
  for (let again = 2; state.branches.has(free); again++) free = `${base}~${again}`
  return free
}

type Rendered =
  | { readonly ok: true; readonly text: string | null; readonly guidelines?: AppliedGuidelines }
  | { readonly ok: false; readonly message: string }

const NO_INSTRUCTIONS: Rendered = { ok: true, text: null }

function renderInstructions(state: State, { plan, input }: SubRun): Rendered {
  if (plan.instructions === null) return withGuidelines(null, { plan, input })
  const fresh: Branch = newBranch([], { id: '', parent: null, depth: 0, sinceMs: 0 })
  const rendered = plan.instructions.render(
    templateScopes(plan, { ...state, branch: { ...fresh, input } }),
  )
  return rendered.ok
    ? withGuidelines(rendered.text, { plan, input })
    : { ok: false, message: rendered.error.message }
}

/** A sub-run has guidelines of its own, found by words: nobody is asked in between. */
function withGuidelines(
  instructions: string | null,
  { plan, input }: Pick<SubRun, 'plan' | 'input'>,
): Rendered {
  if (plan.guidelines === null) return { ok: true, text: instructions }
  const { text, applied } = selectGuidelines(plan.guidelines, taskOf(plan, input))
  return { ok: true, text: guidedInstructions(instructions, text), guidelines: applied }
}

/**
 * What a sub-run that completed gives: its last step's output, and of a step without a schema the
 * text itself. `plan` is that of the branch in focus, which waited for it.
 */
export function outputOf(plan: Plan, ended: Branch): Json {
  const { output, parent, step: name } = ended
  const step = plan.workflows.get(parent?.workflow ?? '')?.steps.get(name ?? '')
  const isText = step?.output === null && step.each === null
  const text = isText && isJsonObject(output) ? ownValue(output, 'text') : undefined
  return text ?? output
}

/**
 * Follows the sub-run of a dispatched call: begins it, and takes its end as the call's result; null
 * while it is under way (S3.18). What it says is a model's word: told, and never a fact (Law 3).
 */
export function followSubRun(
  plan: Plan,
  state: State,
  on: { readonly call: BatchCall; readonly tool: PlanTool },
): Move | null {
  const { call, tool } = on
  if (call.subRun === null) return begin(plan, state, on)
  const ended = state.branches.get(call.subRun)
  const rest = ended?.rest ?? null
  if (ended === undefined || rest === null || state.active.includes(call.subRun)) return null
  if (rest.reason === 'completed') {
    return record({ type: 'tool.returned', call: call.id, output: outputOf(plan, ended) })
  }
  const error = {
    code: codeOf(rest.reason),
    message: `${tool.name} ended ${rest.reason}: ${rest.message}`,
    executed: true,
  }
  return record({ type: 'tool.failed', call: call.id, attempt: call.attempt, error })
}

/** The code of a sub-run's failure, for retry rules: `SUB_RUN_MODEL_FAILED`. */
function codeOf(reason: Reason): string {
  return `SUB_RUN_${reason.toUpperCase()}`
}

function begin(
  plan: Plan,
  state: State,
  on: { readonly call: BatchCall; readonly tool: PlanTool },
): Move {
  const { call, tool } = on
  const workflow = tool.workflow ?? ''
  const sub = plan.workflows.get(workflow)
  const input = isJsonObject(call.args) ? call.args : null
  const wrong =
    sub === undefined
      ? `there is no workflow ${workflow}`
      : input === null
        ? 'the arguments are not a map'
        : (sub.input?.(input) ?? null)
  if (sub === undefined || input === null || wrong !== null) {
    const message = `${tool.name} did not begin: ${wrong ?? ''}`
    const error = { code: 'BAD_INPUT', category: 'validation', message, executed: false } as const
    return record({ type: 'call.failed', call: call.id, error })
  }
  const events = beginSubRun(state, {
    name: `${tool.name}/${call.id}`,
    call: call.id,
    item: null,
    workflow,
    plan: sub,
    input,
    // A model wrote the arguments.
    trusted: false,
  })
  return record(...events)
}
