import type { EventBody } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import { ownValue, type Json } from '../../spec/json.ts'
import type { Plan } from '../../spec/plan.ts'
import { record, type Move } from '../move.ts'
import { judgeInput } from './slots-answer.ts'
import { dueDefaults } from './slots.ts'
import { readSlot } from './slots-read.ts'

/**
 * Takes in what the user said and nobody has looked through yet: an answer, values of the input,
 * then the defaults that are due. A later word takes the place of an earlier one. Null when there is
 * nothing.
 */
export function hearSlots(plan: Plan, state: State): Move | null {
  if (plan.slots.size === 0 && state.branch.answer === null) return null
  const answered = judgeInput(plan, state)
  if (answered !== null) return answered
  const heard = readHeard(plan, state)
  if (heard.length > 0) return record(...heard)
  const { slots, slotErrors: errors } = state.branch
  const values = dueDefaults(plan, { slots, errors })
  if (Object.keys(values).length === 0) return null
  return record({ type: 'slots.filled', values, source: 'default' })
}

function readHeard(plan: Plan, { branch }: State): readonly EventBody[] {
  const values: Record<string, Json> = {}
  const wrong: { slot: string; message: string }[] = []
  for (const slot of plan.slots.values()) {
    const given = ownValue(branch.heard, slot.name) ?? null
    if (given === null) continue
    const read = readSlot(slot, given, { numbered: false })
    if (read.ok) values[slot.name] = read.value
    else wrong.push({ slot: slot.name, message: read.message })
  }
  return [
    ...(Object.keys(values).length === 0
      ? []
      : [{ type: 'slots.filled', values, source: 'input' } as const]),
    ...(wrong.length === 0 ? [] : [{ type: 'slots.rejected', wrong } as const]),
  ]
}
