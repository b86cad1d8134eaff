/** How likely k runs in a row all pass, with the bounds of its 95 % confidence interval. */
export interface PassHat {
  readonly k: number
  readonly estimate: number
  readonly low: number
  readonly high: number
}

/** 97.5 % of a normal distribution lie below. */
const Z = 1.959963984540054

/**
 * pass^k for k = 1 to n, of c passes among n runs of a case: C(c,k) / C(n,k), the share of draws of k
 * runs that all pass, which is unbiased. The interval of k = 1 is Wilson's; for k > 1 its bounds are
 * raised to the power of k, which keeps what it covers, for p^k grows with p (near k = n the estimate
 * may lie just outside of it). n is 1 or more.
 */
export function passHats(passes: number, runs: number): readonly PassHat[] {
  const { low, high } = wilson(passes, runs)
  let estimate = 1
  return Array.from({ length: runs }, (_, index) => {
    const k = index + 1
    // C(c,k) / C(n,k), one factor at a time: binomials of large n have no number.
    estimate *= Math.max(0, passes - index) / (runs - index)
    return { k, estimate, low: low ** k, high: high ** k }
  })
}

/**
 * pass^k over cases: the mean of theirs, for the k that all of them have, and of their bounds. The
 * cases are taken as they are, no sample of others; the interval is wider than it need be.
 */
export function meanPassHats(cases: readonly (readonly PassHat[])[]): readonly PassHat[] {
  const [first = []] = cases.toSorted((left, right) => left.length - right.length)
  return first.map(({ k }, index) => {
    const mean = (value: (each: PassHat) => number): number =>
      cases.reduce((sum, each) => {
        const at = each[index]
        return sum + (at === undefined ? 0 : value(at))
      }, 0) / cases.length
    return {
      k,
      estimate: mean((each) => each.estimate),
      low: mean((each) => each.low),
      high: mean((each) => each.high),
    }
  })
}

function wilson(passes: number, runs: number): { readonly low: number; readonly high: number } {
  const share = passes / runs
  const spread = Z ** 2 / runs
  const middle = (share + spread / 2) / (1 + spread)
  const half = (Z / (1 + spread)) * Math.sqrt((share * (1 - share)) / runs + spread / (4 * runs))
  // At the ends rounding would leave a bound beside 0 or 1.
  return {
    low: passes === 0 ? 0 : Math.max(0, middle - half),
    high: passes === runs ? 1 : Math.min(1, middle + half),
  }
}
