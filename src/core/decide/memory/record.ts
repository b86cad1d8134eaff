import { focus, type State } from '../../log/state.ts'
import type { Plan, PlanMemory } from '../../spec/plan.ts'
import type { JsonObject } from '../../spec/json.ts'
import { gateContext } from '../context.ts'

/*
 * Whose memory a run has. It is read from what gates may read, so that no model names it (Law 3), and
 * does not change within a run: one customer's notes never get into another's.
 */

/** Whose memory it is, or why nobody knows. */
export type Whose =
  | { readonly ok: true; readonly record: string }
  | { readonly ok: false; readonly message: string }

const MAX_RECORD_CHARS = 256

/**
 * The record of the branch in focus; null where no workflow on the way to it has a memory. A sub-run
 * without one of its own, or whose input a model wrote, has that of what it belongs to.
 */
export function recordOf(plan: Plan, state: State): Whose | null {
  const { memory, outer } = plan
  const { parent, trusted, memory: known } = state.branch
  const above =
    outer === null || parent === null ? null : recordOf(outer, focus(state, parent.branch))
  if (memory === null || (above !== null && !trusted)) return above
  const whose = render(memory, plan, state)
  if (!whose.ok || known.record === null || known.record === whose.record) return whose
  const message = `this run's memory is ${known.record}, and the input now says ${whose.record}: start a run of its own for it`
  return { ok: false, message }
}

function render({ record, variables }: PlanMemory, plan: Plan, state: State): Whose {
  const context: JsonObject = gateContext(plan, state, null)
  const scopes = [state.branch.trusted ? state.branch.input : {}, context]
  const rendered = record.render(scopes)
  if (!rendered.ok) return { ok: false, message: `memory.record: ${rendered.error.message}` }
  const silent = variables.find((variable) => {
    const value = variable.render(scopes)
    return !value.ok || value.text.trim() === ''
  })
  // An id that says nothing would make one memory of all who have none.
  if (silent !== undefined) {
    return { ok: false, message: `memory.record: ${silent.source} is empty` }
  }
  const text = rendered.text.trim()
  if (text.length > 0 && text.length <= MAX_RECORD_CHARS) return { ok: true, record: text }
  const message = `memory.record has ${text.length} characters; 1 to ${MAX_RECORD_CHARS} are legal`
  return { ok: false, message }
}
