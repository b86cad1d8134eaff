import type { EventBody, Failure } from '../log/event.ts'
import { readOutput } from '../log/fold/fold-step.ts'
import type { State } from '../log/state.ts'
import { isJsonObject, ownValue, type Json } from '../spec/json.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import { readJson } from '../spec/read-json.ts'
import { askPlanner, callModel } from './ask-model.ts'
import { decideBatch } from './batch.ts'
import {
  callsReached,
  callsSpent,
  mayClose,
  secondsSpent,
  transitionsSpent,
} from './budget/budget.ts'
import { artifactFailure, unwritten } from './artifact/artifact-call.ts'
import { decideMalformed, failSafeMessage } from './decision/decided.ts'
import { doubted } from './decision/doubt.ts'
import { askAtEnd, askAtEntry, askMissing } from './slot/slots-ask.ts'
import { hearSlots } from './slot/slots-hear.ts'
import { askRoleAgain, decideRoleFailed } from './artifact/role-call.ts'
import { stepContext } from './context.ts'
import { decideFailed, failedWrite, failStep } from './fail.ts'
import { decideHandoff, handOverAtOnce } from './handoff/handoff.ts'
import { decideItems, listItems } from './items.ts'
import { keepFirst, recallFirst } from './memory/memory.ts'
import { perform, record, rest, type Move } from './move.ts'
import { enterStep } from './prompt.ts'
import { modelRetryDelay } from './retry.ts'
import { checkpointAfter } from './rewind/rewind.ts'
import { chooseAfterBatch, chooseAtText, transitionTaken, type Chosen } from './transition.ts'
import { decideUndoing } from './rewind/undoing.ts'

/*
 * The way of one branch through its steps: a prompt, model calls and their tool calls, an answer, a
 * transition.
 */

/** The next move of the branch in focus, which neither waits nor has ended. */
export function decideBranch(plan: Plan, state: State): Move {
  const heard = hearSlots(plan, state)
  if (heard !== null) return heard
  const doubt = doubted(plan, state)
  if (doubt !== null) return record(doubt)
  const { where, step: name } = state.branch
  if (where.at === 'turn') return beginTurn(plan, state)
  if (where.at === 'entering') return enter(plan, state, where.step)
  if (where.at === 'handoff') return decideHandoff(plan, state)
  if (where.at === 'undoing') return decideUndoing(plan, state)
  const step = plan.steps.get(name ?? '')
  if (step === undefined)
    return rest('definition_changed', `the workflow has no step ${name ?? ''}`)
  switch (where.at) {
    case 'ready':
      return step.each === null
        ? decideReady(plan, state, step)
        : listItems(plan, state, { step, each: step.each })
    case 'items':
      return decideItems(plan, state, step)
    case 'closing':
      return decideClosing(plan, state, step)
    case 'model':
      return where.cut ? askModel(plan, state, step) : perform(callModel(state, step))
    case 'model-failed':
      return decideModelFailed(plan, state, { step, error: where.error })
    case 'model-wait':
      return perform({ type: 'wait', wait: 'model', delayMs: where.delayMs })
    case 'batch':
      return decideBatch(plan, state, step) ?? decideBatchDone(plan, state, step)
    case 'text':
      return decideText(plan, state, step)
    case 'malformed':
      return decideMalformed(state, { step, why: where.message })
    case 'fail-safe':
      return failStep(step, { reason: 'fail_safe', message: failSafeMessage(state) })
    case 'leaving':
      return leave(plan, state, { step, chosen: chooseWay(plan, state, { step, to: where.to }) })
    case 'failed':
      return decideFailed(plan, state, { step, ...where })
    case 'closed':
      return restAtLimit(plan, state, step)
  }
}

/** A turn begins with a person where the workflow says so, else at its step. */
function beginTurn(plan: Plan, state: State): Move {
  const first = handOverAtOnce(plan, state) ?? recallFirst(plan, state)
  return first ?? enter(plan, state, turnStep(plan, state))
}

/** A first turn begins at the start; a later one where the workflow says, else where it ended (S3.8). */
function turnStep(plan: Plan, state: State): string {
  const last = state.branch.step
  if (last === null) return plan.start
  return plan.steps.get(last)?.reenter ?? last
}

function enter(plan: Plan, state: State, name: string): Move {
  const step = plan.steps.get(name)
  if (step === undefined) return rest('definition_changed', `the workflow has no step ${name}`)
  const asked = askAtEntry(plan, state, step)
  if (asked !== null) return asked
  const entered = enterStep(plan, state, step)
  if (entered.ok) return record(entered.event)
  return askMissing(plan, state) ?? rest('transition_failed', entered.message)
}

/** A person takes over, where the workflow says so, before a model is asked once more. */
function decideReady(plan: Plan, state: State, step: PlanStep): Move {
  const handedOver = handOverAtOnce(plan, state)
  if (handedOver !== null) return handedOver
  // A step that only a call can end cannot go on without calls, whatever its model would say.
  const stuck = mustCall(step) && state.branch.limit === null && callsReached(plan, state) !== null
  return stuck ? record(callsSpent(plan, state)) : askModel(plan, state, step)
}

function mustCall({ choose, tools }: PlanStep): boolean {
  return tools.length > 0 && (choose === 'required' || typeof choose === 'object')
}

/** Calls the model if the budgets pay for it; waits while other branches hold what it needs. */
function askModel(plan: Plan, state: State, step: PlanStep): Move {
  const { model, where } = state.branch
  if (where.at === 'model' && model !== null && model.role !== 'planner') {
    return askRoleAgain(plan, state, { step, model })
  }
  return askPlanner(plan, state, { step, atLimit: () => restAtLimit(plan, state, step) })
}

function decideModelFailed(
  plan: Plan,
  state: State,
  failed: { readonly step: PlanStep; readonly error: Failure },
): Move {
  const { model } = state.branch
  const { step, error } = failed
  if (model !== null && model.role !== 'planner') {
    return decideRoleFailed(plan, state, { step, model, error })
  }
  // A closing answer is a courtesy: when it fails, the run rests for its limit all the same.
  if (model?.closing === true) return restAtLimit(plan, state, step)
  const delayMs = modelRetryDelay(error, model === null ? 1 : model.attempt - model.cuts)
  if (delayMs === null) return failStep(step, { reason: 'model_failed', message: error.message })
  const late = secondsSpent(plan, state)
  if (late !== null) return record(late)
  return record({ type: 'model.retried', call: model?.call ?? 1, delayMs })
}

function decideClosing(plan: Plan, state: State, step: PlanStep): Move {
  return mayClose(state) ? askModel(plan, state, step) : restAtLimit(plan, state, step)
}

function restAtLimit(plan: Plan, state: State, step: PlanStep): Move {
  const { limit } = state.branch
  if (limit === null) return rest('completed', 'closed')
  const [sentence = ''] = limit.message.split('. ')
  const message = `${sentence}, in step ${step.name}`
  return failStep(step, { reason: limit.reason, message })
}

function decideBatchDone(plan: Plan, state: State, step: PlanStep): Move {
  const { branch } = state
  if (branch.model?.closing === true) return restAtLimit(plan, state, step)
  const failed = artifactFailure(plan, state) ?? failedWrite(plan, state, step)
  if (failed !== null) return failStep(step, failed)
  const chosen = chooseAfterBatch(plan, state, step)
  if (chosen.type !== 'none') return leaveAfterTool(plan, state, { step, chosen })
  const finish = branch.batch.find(
    (call) => plan.tools.get(call.tool)?.kind === 'finish' && call.result?.ok === true,
  )
  if (finish !== undefined) {
    const summary = isJsonObject(finish.args) ? ownValue(finish.args, 'summary') : undefined
    return decideAnswer(plan, state, {
      step,
      text: typeof summary === 'string' ? summary : branch.text,
    })
  }
  // What was refused may as well be a composer that other budgets did not pay for.
  if (branch.outOfCalls && callsReached(plan, state) !== null) {
    return record(callsSpent(plan, state))
  }
  return decideReady(plan, state, step)
}

function decideText(plan: Plan, state: State, step: PlanStep): Move {
  if (state.branch.decision?.next_action === 'fail_safe') {
    return rest('refused', "the provider's content filter withheld the answer")
  }
  return decideAnswer(plan, state, { step, text: state.branch.text })
}

/** A step ends when its answer fits its schema and its success criteria hold (S0.5). */
function decideAnswer(
  plan: Plan,
  state: State,
  answer: { readonly step: PlanStep; readonly text: string },
): Move {
  const { step, text } = answer
  const asked = askAtEnd(plan, state, step)
  if (asked !== null) return asked
  const wrong = step.output === null ? null : outputError(step, text)
  if (wrong !== null) {
    const message = `Your answer does not fit the required JSON: ${wrong}. Answer again with the JSON alone.`
    return record({ type: 'output.rejected', step: step.name, message })
  }
  const output = readOutput(text, step.output === null ? 'text' : 'json')
  const failed = [...missingArtifacts(state, step), ...unmet(plan, state, { step, output })]
  if (failed.length > 0) {
    const message = `This step is not done; these criteria do not hold yet: ${failed.join('; ')}. Go on until they do.`
    return record({ type: 'criteria.failed', step: step.name, failed, message })
  }
  const completed: EventBody = {
    type: 'step.completed',
    step: step.name,
    visit: state.branch.visit,
    output: step.output === null ? 'text' : 'json',
    ...(text === state.branch.text ? {} : { text }),
  }
  return record(completed, ...checkpointAfter(step))
}

/** What the step writes and has not published: it is not done without that. */
function missingArtifacts(state: State, step: PlanStep): readonly string[] {
  return unwritten(state, step).map((name) => `${name} is not stored yet (call store_artifact)`)
}

/** The success criteria that do not hold. */
function unmet(
  plan: Plan,
  state: State,
  on: { readonly step: PlanStep; readonly output: Json },
): readonly string[] {
  const { accept } = on.step
  if (accept.length === 0) return []
  const context = stepContext(plan, state, on.output)
  return accept
    .filter((condition) => condition.evaluate(context) !== true)
    .map((condition) => condition.source)
}

function outputError(step: PlanStep, text: string): string | null {
  try {
    // Bounded as arguments are: what is nested thousands deep cannot be handed on.
    const read = readJson(JSON.parse(text))
    if (!read.ok) return read.issues[0]?.message ?? 'not JSON'
    return step.output?.check(read.value) ?? null
  } catch (error) {
    return error instanceof Error ? error.message : 'not JSON'
  }
}

/** A step that was left on a tool's result before a rewind is left the same way again. */
function chooseWay(
  plan: Plan,
  state: State,
  on: { readonly step: PlanStep; readonly to: string | undefined },
): Chosen {
  const { step, to } = on
  const again = step.next.find((next) => next.to === to && next.after !== null)
  return again === undefined ? chooseAtText(plan, state, step) : { type: 'take', next: again }
}

interface Leaving {
  readonly step: PlanStep
  readonly chosen: Chosen
  /** What ends the step where its final text has not done so already. */
  readonly ended?: readonly EventBody[]
}

function leave(plan: Plan, state: State, leaving: Leaving): Move {
  const { step, chosen, ended } = leaving
  switch (chosen.type) {
    case 'none':
      return keepFirst(plan, state) ?? rest('completed', 'done')
    case 'error':
      return failStep(step, { reason: 'transition_failed', message: chosen.message })
    case 'take': {
      const spent = transitionsSpent(plan, state)
      if (spent !== null) return record(spent)
      const taken = transitionTaken(step, chosen.next)
      return record(...(ended ?? []), taken)
    }
  }
}

/** A transition on a tool's result ends the step with what its message said. */
function leaveAfterTool(
  plan: Plan,
  state: State,
  leaving: { readonly step: PlanStep; readonly chosen: Chosen },
): Move {
  const { visit } = state.branch
  const { step } = leaving
  const completed: EventBody = { type: 'step.completed', step: step.name, visit, output: 'text' }
  return leave(plan, state, { ...leaving, ended: [completed, ...checkpointAfter(step)] })
}
