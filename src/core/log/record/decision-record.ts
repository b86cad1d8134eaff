import { inferDecision, type Decision, type NextAction } from '../decision.ts'
import type { Event } from '../event.ts'
import type { Risk } from '../event-parts.ts'

/*
 * The decisions of a run as its record shows them: one for each turn of a planner, in the visit of
 * the step in which it was made. The series of confidences is read from them (S4.18).
 */

/** One envelope, without its arguments: those stand with the call. */
export interface DecisionRecord {
  /** The model call that it came of. */
  readonly call: number
  readonly next_action: NextAction
  readonly tool_name?: string
  readonly confidence: number
  readonly risk_level: Risk
  readonly success_criteria_met: boolean
  readonly source: 'native' | 'inferred'
}

/** The visits of a run's steps, each with the decisions that were made in it, in order. */
export function withDecisions<Visit extends { readonly order: number }>(
  visits: readonly Visit[],
  events: readonly Event[],
): readonly (Visit & { readonly decisions: readonly DecisionRecord[] })[] {
  const made = decisionsByVisit(events)
  return visits.map((visit) => ({ ...visit, decisions: made.get(visit.order) ?? [] }))
}

/** By the order of the visits in which they were made (from 1). */
function decisionsByVisit(
  events: readonly Event[],
): ReadonlyMap<number, readonly DecisionRecord[]> {
  const visits = new Map<number, DecisionRecord[]>()
  const current = new Map<string, number>()
  const roles = new Map<number, string>()
  let entered = 0
  const note = (event: Event, call: number, decision: Decision): void => {
    const visit = current.get(event.branch ?? '') ?? 0
    const known = visits.get(visit) ?? []
    visits.set(visit, known)
    known.push(record(call, decision))
  }
  for (const event of events) {
    switch (event.type) {
      case 'step.entered':
        current.set(event.branch ?? '', ++entered)
        break
      case 'model.called':
        roles.set(event.call, event.role ?? 'planner')
        break
      case 'model.answered':
        // One that cannot be read is sent back, or inferred by an event of its own.
        if (roles.get(event.call) !== 'planner' || event.malformed !== undefined) break
        note(event, event.call, event.decision ?? inferDecision(event.parts, event.finish))
        break
      case 'decision.inferred':
        note(event, event.call, event.decision)
        break
      default:
        break
    }
  }
  return visits
}

function record(call: number, decision: Decision): DecisionRecord {
  const { tool_args: _, source, ...said } = decision
  return { call, ...said, source }
}
