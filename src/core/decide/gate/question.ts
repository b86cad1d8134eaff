import type { BatchCall } from '../../log/call.ts'
import type { GateOutcome } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Plan, PlanStep, PlanTool } from '../../spec/plan.ts'

/** A call, and everything that is needed to judge it. */
export interface Question {
  readonly plan: Plan
  readonly state: State
  readonly step: PlanStep
  readonly call: BatchCall
  readonly tool: PlanTool | undefined
}

/** The same for a call of a tool that exists. */
export type KnownQuestion = Question & { readonly tool: PlanTool }

/** One gate's no. */
export function refuse(gate: string, reason: string): GateOutcome {
  return { gate, verdict: 'refuse', reason }
}
