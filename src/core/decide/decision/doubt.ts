import type { EventBody } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Plan } from '../../spec/plan.ts'

/*
 * Doubt: a model that says for several turns in a row that it is not sure. It is telemetry: an event
 * and a value that transitions and criteria may route on, never a gate (S4.18, Law 15).
 */

/** The last confidences, where there are as many as count and all are under the threshold; else null. */
function doubtfulSeries({ decisions }: Plan, { branch }: State): readonly number[] | null {
  const { doubt } = decisions
  if (doubt === null || branch.confidences.length < doubt.turns) return null
  const last = branch.confidences.slice(-doubt.turns)
  return last.every((confidence) => confidence < doubt.below) ? last : null
}

/** True while the last confidences are all under the threshold: `$.decision.in_doubt`. */
export function isInDoubt(plan: Plan, state: State): boolean {
  return doubtfulSeries(plan, state) !== null
}

/**
 * The event that is due when a branch stays in doubt; null when none is. Once for as many turns as
 * count: the next comes only after as many further ones. Only what a model said itself counts.
 */
export function doubted(plan: Plan, state: State): EventBody | null {
  const { doubt } = plan.decisions
  const { confidences, doubted: looked, model } = state.branch
  if (doubt === null || confidences.length - looked < doubt.turns) return null
  const series = doubtfulSeries(plan, state)
  if (series === null) return null
  return { type: 'confidence.doubted', call: model?.call ?? 1, below: doubt.below, series }
}
