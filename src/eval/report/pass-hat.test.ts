import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { meanPassHats, passHats } from './pass-hat.ts'

/** All draws of k among n runs of which the first c pass. */
function counted(passes: number, runs: number, k: number): number {
  const sets = Array.from({ length: 2 ** runs }, (_, set) => set)
    .map((set) => Array.from({ length: runs }, (_, run) => run).filter((run) => (set >> run) & 1))
    .filter((set) => set.length === k)
  return sets.filter((set) => set.every((run) => run < passes)).length / sets.length
}

describe('pass^k', () => {
  test('is the share of draws of k runs that all pass', () => {
    const runsAndPasses = fc
      .integer({ min: 1, max: 9 })
      .chain((runs) => fc.tuple(fc.constant(runs), fc.integer({ min: 0, max: runs })))
    fc.assert(
      fc.property(runsAndPasses, ([runs, passes]) => {
        for (const { k, estimate } of passHats(passes, runs)) {
          expect(estimate).toBeCloseTo(counted(passes, runs, k), 10)
        }
      }),
    )
  })

  test('7 of 10: 0.7, then 0.4667, then 0.2917; nothing beyond 7', () => {
    const estimates = passHats(7, 10).map(({ estimate }) => Number(estimate.toFixed(4)))
    expect(estimates).toEqual([0.7, 0.4667, 0.2917, 0.1667, 0.0833, 0.0333, 0.0083, 0, 0, 0])
  })

  test('k = 1 has the interval of Wilson, greater k its bounds to the power of k', () => {
    const [one, two] = passHats(7, 10)
    expect([one?.low, one?.high].map((bound) => bound?.toFixed(4))).toEqual(['0.3968', '0.8922'])
    expect(two?.low).toBeCloseTo((one?.low ?? 0) ** 2, 12)
    expect(two?.high).toBeCloseTo((one?.high ?? 0) ** 2, 12)
  })

  test('ten of ten are no certainty: the interval still says 72 %', () => {
    const [one] = passHats(10, 10)
    expect(one).toMatchObject({ estimate: 1, high: 1 })
    expect(one?.low.toFixed(4)).toBe('0.7225')
  })

  test('a thousand runs give numbers, not infinities', () => {
    const all = passHats(999, 1000)
    expect(all).toHaveLength(1000)
    expect(all.every(({ estimate }) => Number.isFinite(estimate))).toBe(true)
    expect(all[1]?.estimate).toBeCloseTo(0.998, 6)
  })

  test('over cases it is the mean, for the k that all have', () => {
    const mean = meanPassHats([passHats(2, 2), passHats(0, 3)])
    expect(mean.map(({ k, estimate }) => [k, estimate])).toEqual([
      [1, 0.5],
      [2, 0.5],
    ])
    expect(meanPassHats([])).toEqual([])
  })
})
