import type { Plan, PlanStep, PlanTool } from '../spec/plan.ts'
import type { ToolChoice } from '../spec/spec.ts'
import type { State } from '../log/state.ts'

/*
 * Which tools are legal in a step, and what a model is told of them.
 */

/** The tools that a model is sent, those it may call, and how it is held to them. */
export interface Offer {
  readonly tools: readonly PlanTool[]
  readonly legal: readonly string[]
  readonly choose: ToolChoice
}

/** True when a tool is in a step's scope. */
export function inScope(step: PlanStep, tool: string): boolean {
  return step.tools.includes(tool)
}

/** Says which tools are legal in a step, for an error that a model reads (S4.11). */
export function legalTools(step: PlanStep): string {
  return step.tools.length === 0
    ? 'No tools are legal here: answer in text.'
    : `Legal tools here: ${step.tools.join(', ')}.`
}

/**
 * What to send at a model call. `strict`: the step's tools, and the definitions of those named in
 * the history, without which some providers reject or strip it. `stable`: all the run's tools,
 * always, so that the prefix is the same at every call (Law 12).
 */
export function offer(plan: Plan, state: State, step: PlanStep): Offer {
  const closing = state.branch.model?.closing === true
  const legal = closing ? [] : step.tools
  const sent = plan.scope === 'stable' ? plan.toolNames : withHistory(plan, state, legal)
  return {
    tools: sent.flatMap((name) => plan.tools.get(name) ?? []),
    legal,
    choose: legal.length === 0 ? 'none' : step.choose,
  }
}

function withHistory(plan: Plan, state: State, legal: readonly string[]): readonly string[] {
  if (legal.length > 0 || state.branch.toolsSeen.size === 0) return legal
  return [...state.branch.toolsSeen].filter((name) => plan.tools.has(name)).toSorted()
}
