import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fold } from '../src/core/log/fold/fold.ts'
import { playFamily } from './random/family.ts'
import { plan } from './random/plan.ts'
import { wrongsOfFamily } from './random/wrongs.ts'

test('a run and its copies, under edited definitions, pay once and heed no word that was for another', () => {
  const numbers = fc.array(fc.nat(100_000), { minLength: 100, maxLength: 500 })
  const property = fc.property(numbers, (chosen) => {
    const family = playFamily(chosen)
    expect(wrongsOfFamily(family)).toEqual([])
    for (const { events, state } of family) {
      const stored = JSON.parse(JSON.stringify(events))
      expect(fold(plan.histories, stored)).toEqual(state)
    }
  })
  fc.assert(property, { numRuns: 200 })
})
