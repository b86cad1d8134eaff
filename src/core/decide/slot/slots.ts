import type { State } from '../../log/state.ts'
import { jsonEquals, ownValue, type Json, type JsonObject } from '../../spec/json.ts'
import type { Plan, PlanSlot, PlanStep } from '../../spec/plan.ts'

/*
 * Slots: values that only the user gives (S4.33). What the input and the user's answers say under
 * their names comes in; what goes out is which of them are filled, by what, and which are missing.
 */

/** What slots hold, and why the last word on some of them was not taken. */
export interface Held {
  readonly slots: JsonObject
  readonly errors: ReadonlyMap<string, string>
}

/**
 * What the slots of the branch in focus hold for certain: where a model wrote the input of a sub-run,
 * nothing that comes from there (Law 3).
 */
export function heldIn({ branch }: State): Held {
  const { slots, slotSources, slotErrors: errors, trusted } = branch
  if (trusted) return { slots, errors }
  const sure = Object.entries(slots).filter(([name]) => slotSources.get(name) !== 'input')
  return { slots: Object.fromEntries(sure), errors }
}

/** True when all that a slot depends on is there, so that it is worth asking for. */
export function matters(plan: Plan, slot: PlanSlot, slots: JsonObject): boolean {
  return [...slot.dependsOn].every(([name, wanted]) => {
    const other = plan.slots.get(name)
    const value = ownValue(slots, name) ?? null
    if (other === undefined || value === null || !matters(plan, other, slots)) return false
    return wanted === null || jsonEquals(value, wanted) || isAmong(value, wanted)
  })
}

/** For a slot of several choices: it was among those chosen. */
function isAmong(value: Json, wanted: Json): boolean {
  return Array.isArray(value) && value.some((each: Json) => jsonEquals(each, wanted))
}

/**
 * The slots without which nothing is written: required, of use now and empty; or of use now and last
 * given a value that does not fit. In the order in which they are declared (S4.31).
 */
export function missingIn(plan: Plan, { slots, errors }: Held): readonly PlanSlot[] {
  if (plan.slots.size === 0) return []
  return [...plan.slots.values()].filter((slot) => {
    const empty = slot.required && (ownValue(slots, slot.name) ?? null) === null
    return (empty || errors.has(slot.name)) && matters(plan, slot, slots)
  })
}

/** The slots that are missing in the branch in focus: what `request_input` asks for by itself (S4.31). */
export function missingSlots(plan: Plan, state: State): readonly PlanSlot[] {
  return missingIn(plan, heldIn(state))
}

/** True when a step's model can ask the user. */
export function canAsk(plan: Plan, step: PlanStep): boolean {
  return step.tools.some((name) => plan.tools.get(name)?.kind === 'request-input')
}

/**
 * The defaults that are due: of slots that nobody gave a value and that are of use, one after the
 * other, since a default may be what the next slot depends on.
 */
export function dueDefaults(plan: Plan, { slots, errors }: Held): JsonObject {
  const values: Record<string, Json> = {}
  const due = [...plan.slots.values()].filter(
    ({ name, fallback }) => fallback !== null && !Object.hasOwn(slots, name) && !errors.has(name),
  )
  for (let before = -1; before < Object.keys(values).length;) {
    before = Object.keys(values).length
    for (const slot of due) {
      const known = { ...slots, ...values }
      if (Object.hasOwn(values, slot.name) || !matters(plan, slot, known)) continue
      values[slot.name] = slot.fallback
    }
  }
  return values
}
