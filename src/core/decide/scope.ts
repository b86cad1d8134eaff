import type { Plan, PlanStep, PlanTool } from '../spec/plan.ts'
import type { ToolChoice } from '../spec/spec.ts'
import type { State } from '../log/state.ts'
import { legalSet } from './decision/legal.ts'

/*
 * Which tools are legal in a step, and what a model is told of them.
 */

/** The tools that a model is sent, those it may call, and how it is held to them. */
export interface Offer {
  readonly tools: readonly PlanTool[]
  readonly legal: readonly string[]
  readonly choose: ToolChoice
}

/** Says which tools are legal in a step now, sorted, for an error that a model reads (S4.11). */
export function legalTools(plan: Plan, state: State, step: PlanStep): string {
  const legal = legalSet(plan, state, step)
  return legal.length === 0
    ? 'No tools are legal here now: answer in text.'
    : `Legal tools here: ${legal.join(', ')}.`
}

/**
 * What to send at a model call. `strict`: the legal tools, and the definitions of those named in
 * the history, without which some providers reject or strip it. `stable`: all the run's tools,
 * always, so that the prefix is the same at every call (Law 12).
 */
export function offer(plan: Plan, state: State, step: PlanStep): Offer {
  const legal = legalSet(plan, state, step)
  const sent = plan.scope === 'stable' ? plan.toolNames : withHistory(plan, state, legal)
  return {
    tools: sent.flatMap((name) => plan.tools.get(name) ?? []),
    legal,
    choose: choiceAmong(legal, step.choose),
  }
}

/** One legal tool where one must be called: that tool; none: none (S4.10). */
function choiceAmong(legal: readonly string[], choose: ToolChoice): ToolChoice {
  const [only] = legal
  if (only === undefined) return 'none'
  if (choose === 'required') return legal.length === 1 ? { tool: only } : choose
  return typeof choose === 'object' && !legal.includes(choose.tool) ? 'auto' : choose
}

function withHistory(plan: Plan, state: State, legal: readonly string[]): readonly string[] {
  if (legal.length > 0 || state.branch.toolsSeen.size === 0) return legal
  return [...state.branch.toolsSeen].filter((name) => plan.tools.has(name)).toSorted()
}
