import { inferDecision, type Decision } from '../../log/decision.ts'
import type { State } from '../../log/state.ts'
import type { PlanStep } from '../../spec/plan.ts'
import { failStep } from '../fail.ts'
import { record, type Move } from '../move.ts'

/*
 * Envelopes that cannot be read, or that say that the model cannot go on (S4.14, S4.15).
 */

/**
 * An answer that is no envelope is sent back once; then an envelope is made from the message; where
 * the message is none either, the step fails with `fail_safe`. Each of these is an event.
 */
export function decideMalformed(
  state: State,
  { step, why }: { readonly step: PlanStep; readonly why: string },
): Move {
  const { model, repaired, transcript } = state.branch
  const call = model?.call ?? 1
  if (!repaired) {
    const message = `${why} Answer with one JSON object that fits the schema, and nothing else.`
    return record({ type: 'decision.rejected', call, message })
  }
  const last = transcript.at(-1)
  const decision = inferDecision(last?.role === 'assistant' ? last.parts : [], 'stop')
  if (saysSomething(decision, state.branch.text)) {
    return record({ type: 'decision.inferred', call, decision })
  }
  const message = `${why} It was asked again, and its answer says nothing.`
  return failStep(step, { reason: 'fail_safe', message })
}

/** Broken JSON is no answer to anybody. */
function saysSomething(decision: Decision, text: string): boolean {
  if (decision.next_action !== 'final_answer') return true
  return text.trim() !== '' && !/^\s*(?:[[{]|```)/.test(text)
}

/** In the model's own words, where it has any. */
export function failSafeMessage({ branch }: State): string {
  return branch.text.trim() === '' ? 'the model cannot go on' : branch.text
}
