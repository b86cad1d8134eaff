import type { Claim, Place } from '../store.ts'
import { decodeInteger } from '../decode-row.ts'
import type { Statements } from './statements.ts'

/**
 * Takes all places of a claim, or none and says which is full (`limit`); inside the store's write
 * transaction, so that no other process takes them in between.
 */
export function takePlaces(
  statements: Pick<Statements, 'countPlaces' | 'takePlace'>,
  { family, run, call, places }: Claim,
): Place | null {
  for (const { gate, key, calls } of places) {
    const row = statements.countPlaces.get(family, gate, key, run, call)
    if (row !== undefined && decodeInteger(row, 'taken') >= calls) return { gate, key }
  }
  for (const { gate, key } of places) statements.takePlace.run(family, gate, key, run, call)
  return null
}
