import type { EventBody, ModelReserve } from '../log/event.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import type { ModelSettings } from '../spec/spec.ts'
import { askBudget } from './budget/budget.ts'
import { leastTokens } from './budget/purse.ts'
import type { Effect } from './effect.ts'
import { perform, record, type Move } from './move.ts'

/*
 * Asking a model, once the budgets pay for it: the planner of a step, or the composer or verifier of
 * one of its calls.
 */

/** Whom a composer or verifier is, and which tool call asks for it. */
export interface RoleCall {
  readonly step: PlanStep
  readonly role: 'composer' | 'verifier'
  readonly caller: { readonly model: string | null; readonly settings: ModelSettings }
  readonly tool: string
  /** What is written or scored. */
  readonly artifact: string
  /** What becomes of that call where no budget pays for the answer. */
  readonly atLimit: (message: string) => Move
}

/** Calls the planner; a limit is recorded, or is what the run rests for once it closes. */
export function askPlanner(
  plan: Plan,
  state: State,
  on: { readonly step: PlanStep; readonly atLimit: () => Move },
): Move {
  const { step } = on
  const asked = askBudget(plan, state, step)
  switch (asked.type) {
    case 'call': {
      const closing = state.branch.limit !== null
      const native = plan.decisions.native && !closing ? NATIVE : {}
      return record({ ...modelCalled(state, step, asked.reserved), closing, ...native })
    }
    case 'wait':
      return perform()
    case 'limit':
      return state.branch.limit === null ? record(asked.event) : on.atLimit()
  }
}

/** Calls a composer or verifier; where no budget pays for it, the tool call comes to nothing. */
export function askRole(plan: Plan, state: State, on: RoleCall): Move {
  const { step, role, tool, artifact, caller } = on
  const newest = state.branch.artifacts.get(artifact)?.versions.at(-1)
  const asked = askBudget(plan, state, {
    model: caller.model ?? step.model,
    settings: caller.settings,
    // Its prompt is its own, and no iteration of the step.
    iterations: Infinity,
    input: role === 'verifier' ? leastTokens(newest?.chars ?? 0) : 0,
  })
  switch (asked.type) {
    case 'call':
      return record({ ...modelCalled(state, step, asked.reserved), role, tool, artifact })
    case 'wait':
      return perform()
    case 'limit': {
      const said = asked.event.type === 'limit.reached' ? ` ${asked.event.message}` : ''
      return on.atLimit(`The ${role} was not asked.${said}`)
    }
  }
}

type ModelCalled = Extract<EventBody, { readonly type: 'model.called' }>

function modelCalled(state: State, step: PlanStep, reserved: ModelReserve | null): ModelCalled {
  const { where, model } = state.branch
  const again = where.at === 'model' && model !== null
  return {
    type: 'model.called',
    call: again ? model.call : state.modelCalls + 1,
    attempt: again ? model.attempt + 1 : 1,
    step: step.name,
    closing: false,
    ...(reserved === null ? {} : { reserved }),
  }
}

/** The effect of the model call that is under way. */
export function callModel(state: State, step: PlanStep): Effect {
  const { call, attempt, closing, role } = state.branch.model ?? NOBODY
  return { type: 'call-model', call, attempt, step: step.name, role, closing }
}

const NATIVE = { native: true } as const

const NOBODY = { call: 1, attempt: 1, closing: false, role: 'planner' } as const
