import { jsonEquals } from '../../core/spec/json.ts'
import type { Shape } from '../measure.ts'
import type { WrittenSlots } from '../read/written-case.ts'
import { found, type Finding } from './finding.ts'

/** Compares the slots that were asked for (exactly these, in any order) and what they hold (S4.31). */
export function checkSlots(written: WrittenSlots, shape: Shape): readonly Finding[] {
  const findings: Finding[] = []
  if (written.asked !== undefined) {
    const wanted = [...new Set(written.asked)].toSorted()
    const seen = shape.slotsAsked.toSorted()
    findings.push(
      found({
        name: 'slots.asked',
        path: ['asked'],
        passes: wanted.join('\n') === seen.join('\n'),
        expected: wanted.join(', ') || 'none',
        actual: seen.join(', ') || 'none',
      }),
    )
  }
  for (const [slot, value] of Object.entries(written.filled ?? {})) {
    const held = Object.hasOwn(shape.slots, slot) ? shape.slots[slot] : undefined
    findings.push(
      found({
        name: `slots.filled.${slot}`,
        path: ['filled', slot],
        passes: held !== undefined && jsonEquals(held, value),
        expected: JSON.stringify(value),
        actual: held === undefined ? 'empty' : JSON.stringify(held),
      }),
    )
  }
  return findings
}
