import type { EventBody } from '../log/event.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanNext, PlanStep } from '../spec/plan.ts'
import { stepContext } from './context.ts'

/** Which entry of `next` fires. An error is never a no: it ends the turn (S3.6). */
export type Chosen =
  | { readonly type: 'take'; readonly next: PlanNext }
  | { readonly type: 'none' }
  | { readonly type: 'error'; readonly message: string }

/** Evaluates the entries for the final text, in order; first match wins (S3.6, S3.7). */
export function chooseAtText(plan: Plan, state: State, step: PlanStep): Chosen {
  return choose(
    plan,
    state,
    step.next.filter((next) => next.after === null),
  )
}

/** Evaluates the entries that wait for a tool's committed result, once the batch is done (S4.10). */
export function chooseAfterBatch(plan: Plan, state: State, step: PlanStep): Chosen {
  const waiting = step.next.filter((next) => next.after !== null)
  if (waiting.length === 0) return { type: 'none' }
  const returned = new Set(
    state.branch.batch.filter((call) => call.result?.ok === true).map((call) => call.tool),
  )
  const ready = waiting.filter(({ after }) => after !== null && returned.has(after))
  return choose(plan, state, ready)
}

function choose(plan: Plan, state: State, entries: readonly PlanNext[]): Chosen {
  const context = stepContext(plan, state, state.branch.output)
  for (const next of entries) {
    if (next.when === null) return { type: 'take', next }
    const value = next.when.evaluate(context)
    if (value === true) return { type: 'take', next }
    if (value !== false && value !== null) {
      return {
        type: 'error',
        message: `the condition \`${next.when.source}\` gave ${JSON.stringify(value)}, not true or false`,
      }
    }
  }
  return { type: 'none' }
}

/** The event of a transition that is taken. */
export function transitionTaken(step: PlanStep, next: PlanNext): EventBody {
  return {
    type: 'transition.taken',
    from: step.name,
    to: next.to,
    rule: next.rule,
    when: next.when?.source ?? null,
  }
}
