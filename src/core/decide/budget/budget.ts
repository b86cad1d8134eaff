import type { Branch } from '../../log/branch.ts'
import type { EventBody, Reason } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Plan } from '../../spec/plan.ts'
import { limitReached, limitWords, type Reached } from './limit.ts'
import { askMoney, type Asked, type Caller } from './purse.ts'
import { secondsReached, spansOf } from './span.ts'

/*
 * Limits. Every limit holds over its span (a visit of a step, a turn, a run), and a sub-run's
 * spending counts against the limits of all that wait for it. They are hard: looked at before
 * anything is spent, over what was spent, what is set aside for calls under way, and the least that
 * the next one takes (decisions/008). A limit that is reached is an event with its reason; where the
 * budget left for it allows, the model then gives one tool-less closing answer, and the run rests.
 */

/** Asks every budget before a model call of the branch in focus (S3.23; hard). */
export function askBudget(plan: Plan, state: State, caller: Caller): Asked {
  const spans = spansOf(plan, state)
  const late = secondsReached(spans, state)
  if (late !== null) return { type: 'limit', event: limitReached('budget_exceeded', late) }
  const { iterations, limit: closing } = state.branch
  if (closing === null && iterations >= caller.iterations) {
    const where = 'in this step'
    const allowed = caller.iterations
    const reached: Reached = { limit: 'iterations', span: 'step', allowed, where }
    return { type: 'limit', event: limitReached(iterationReason(state), reached) }
  }
  return askMoney(spans, { plan, state, caller })
}

/** The limit that refuses a dispatch, in words; null when none does. Also asked before a retry. */
export function callsReached(plan: Plan, state: State): string | null {
  const reached = findCallsReached(plan, state)
  return reached === null ? null : limitWords(reached)
}

function findCallsReached(plan: Plan, state: State): Reached | null {
  const spans = spansOf(plan, state)
  for (const { span, limits, spend, where } of spans) {
    const { calls } = limits
    if (calls !== null && spend.calls >= calls)
      return { limit: 'calls', span, allowed: calls, where }
  }
  return secondsReached(spans, state)
}

/** The limit that refused a call of the batch. */
export function callsSpent(plan: Plan, state: State): EventBody {
  const where = 'in this run'
  const run: Reached = { limit: 'calls', span: 'run', allowed: plan.budget.run.calls ?? 0, where }
  return limitReached('budget_exceeded', findCallsReached(plan, state) ?? run)
}

/** The limit of time that is reached, so that not even a wait makes sense; null when none is. */
export function secondsSpent(plan: Plan, state: State): EventBody | null {
  const late = secondsReached(spansOf(plan, state), state)
  return late === null ? null : limitReached('budget_exceeded', late)
}

/** The limit that stands in the way of a transition; null when none does (S3.23). */
export function transitionsSpent(plan: Plan, state: State): EventBody | null {
  let branch: Branch | undefined = state.branch
  for (let at: Plan | null = plan; at !== null && branch !== undefined; at = at.outer) {
    const allowed = at.budget.transitions
    if (branch.spend.turn.transitions >= allowed) {
      const where = at === plan ? 'in one turn' : 'in one turn of the whole run'
      const reached: Reached = { limit: 'transitions', span: 'turn', allowed, where }
      return limitReached('step_transition_limit_exceeded', reached)
    }
    branch = branch.parent === null ? undefined : state.branches.get(branch.parent.branch)
  }
  return null
}

/** A step that used up its calls on answers that were sent back ends for what was wrong with them. */
function iterationReason(state: State): Reason {
  switch (state.branch.sentBack) {
    case 'output':
      return 'invalid_output'
    case 'criteria':
      return 'criteria_unmet'
    case null:
      return 'iteration_limit_exceeded'
  }
}

/**
 * True where a closing answer may be asked for; the budgets have their say on it as on any call. What
 * tokens, USD or seconds do not pay for they do not pay for here.
 */
export function mayClose(state: State): boolean {
  const { branch } = state
  const { limit: reached } = branch
  if (reached === null || branch.step === null) return false
  // An answer that was sent back is the last word: another would not be checked.
  if (reached.reason === 'invalid_output' || reached.reason === 'criteria_unmet') return false
  return reached.limit !== 'tokens' && reached.limit !== 'seconds' && reached.limit !== 'usd'
}
