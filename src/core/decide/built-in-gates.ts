import type { BatchCall } from '../log/branch.ts'
import type { GateOutcome } from '../log/event.ts'
import type { State } from '../log/state.ts'
import { legalNames } from '../spec/issue.ts'
import type { Plan, PlanStep, PlanTool } from '../spec/plan.ts'
import { inScope } from './scope.ts'

/*
 * The gates that need no declaration: unknown, budget, arguments, scope, risk.
 */

/** A call, and everything that is needed to judge it. */
export interface Question {
  readonly plan: Plan
  readonly state: State
  readonly step: PlanStep
  readonly call: BatchCall
  readonly tool: PlanTool | undefined
}

/** The first built-in gate that refuses a call; null when it passes them. */
export function builtInRefusal(question: Question): GateOutcome | null {
  const { plan, state, step, call, tool } = question
  if (tool === undefined) {
    return refuse(
      'unknown',
      `there is no tool ${JSON.stringify(call.tool)} (${legalNames(call.tool, step.tools)})`,
    )
  }
  if (state.branch.model?.closing === true) {
    return refuse(
      'budget',
      `${state.branch.limit?.reason ?? 'the budget'}: only a closing answer is left`,
    )
  }
  const { finish } = state.branch
  if (finish === 'length' || finish === 'content-filter') {
    const why =
      finish === 'length' ? 'was cut off at its length limit' : 'was withheld by a content filter'
    return refuse('arguments', `the message ${why}, so its calls may not be whole`)
  }
  if (!inScope(step, tool.name)) {
    return refuse(
      'scope',
      `tool ${JSON.stringify(tool.name)} is not legal in step ${JSON.stringify(step.name)}`,
    )
  }
  const wrong = tool.check(call.args)
  if (wrong !== null) return refuse('arguments', `bad arguments for ${tool.name}: ${wrong}`)
  const { calls } = plan.budget.run
  if (calls !== null && state.branch.spend.run.calls >= calls) {
    return refuse('budget', `the run's ${calls} tool calls are spent`)
  }
  return null
}

function refuse(gate: string, reason: string): GateOutcome {
  return { gate, verdict: 'refuse', reason }
}

/** What the built-in gates say of a call that passed them; `risk` and `escalate_to_human` may hold it. */
export function builtInOutcomes(tool: PlanTool, step: PlanStep): readonly GateOutcome[] {
  const passed: GateOutcome = {
    gate: 'scope',
    verdict: 'allow',
    reason: `legal in step ${step.name}`,
  }
  if (tool.kind === 'escalate') {
    return [passed, { gate: tool.name, verdict: 'escalate', reason: 'the model asks for a person' }]
  }
  if (tool.risk === 'high') {
    return [passed, { gate: 'risk', verdict: 'approve', reason: `${tool.name} is of high risk` }]
  }
  return [passed]
}
