import type { EventBody, LimitName, Reason } from '../log/event.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'

/*
 * Limits. A limit that is reached is an event with its reason; where the budget left for it allows,
 * the model then gives one tool-less closing answer, and the run rests.
 */

/** Which limit stands in the way of a model call in this step; null when none does. */
export function spentBudget(plan: Plan, state: State, step: PlanStep): EventBody | null {
  const { tokens, seconds } = plan.budget.run
  const spent = state.branch.spend.run
  if (tokens !== null && spent.input + spent.output >= tokens) {
    return limitReached('budget_exceeded', 'tokens', tokens)
  }
  if (seconds !== null && state.activeMs >= seconds * 1000) {
    return limitReached('budget_exceeded', 'seconds', seconds)
  }
  if (state.branch.iterations < step.iterations) return null
  return limitReached(iterationReason(state), 'iterations', step.iterations)
}

/** What is set aside for the model call about to be made; null when no budget needs it. */
export function setAside(
  _plan: Plan,
  _state: State,
  _step: PlanStep,
): { readonly tokens: number; readonly usd: number } | null {
  return null
}

/** The limit that refused a call of the batch. */
export function callsSpent(plan: Plan, _state: State, _step: PlanStep): EventBody {
  return limitReached('budget_exceeded', 'calls', plan.budget.run.calls ?? 0)
}

/** The limit that stands in the way of a transition; null when none does. */
export function transitionsSpent(plan: Plan, state: State): EventBody | null {
  const { transitions } = plan.budget
  if (state.branch.spend.turn.transitions < transitions) return null
  return limitReached('step_transition_limit_exceeded', 'transitions', transitions)
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

const UNITS: Readonly<Record<LimitName, string>> = {
  transitions: 'transitions in one turn',
  iterations: 'model calls in this step',
  calls: 'tool calls in this run',
  tokens: 'tokens in this run',
  usd: 'USD in this run',
  seconds: 'seconds in this run',
}

/** The event of a limit, and what the model is told of it. */
export function limitReached(reason: Reason, limit: LimitName, allowed: number): EventBody {
  return {
    type: 'limit.reached',
    reason,
    limit,
    allowed,
    message: `The limit of ${allowed} ${UNITS[limit]} is reached (${reason}). Do not call tools. Close with a short answer from what is known.`,
  }
}

/** True when what is spent leaves room for a closing answer. */
export function mayClose(state: State): boolean {
  const { branch } = state
  const { limit } = branch
  if (limit === null || branch.step === null) return false
  // An answer that was sent back is the last word: another would not be checked.
  if (limit.reason === 'invalid_output' || limit.reason === 'criteria_unmet') return false
  return limit.limit !== 'tokens' && limit.limit !== 'seconds' && limit.limit !== 'usd'
}
