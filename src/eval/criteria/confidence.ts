import type { WrittenConfidence } from '../read/written-case.ts'
import { found, unmeasured, type Finding } from './finding.ts'

/** Looks at what the model said of its own confidence, decision by decision; telemetry (S4.18, Law 15). */
export function checkConfidence(
  written: WrittenConfidence,
  series: readonly number[],
): readonly Finding[] {
  const { min, mean, below, turns = 1 } = written
  const least = Math.min(...series)
  const average = series.reduce((sum, each) => sum + each, 0) / series.length
  const actual = series.map(shown).join(', ')
  const wanted = [
    { key: 'min', limit: min, value: least, expected: `never under ${min}` },
    { key: 'mean', limit: mean, value: average, expected: `${mean} on average` },
  ]
  const findings = wanted.flatMap(({ key, limit, value, expected }) => {
    if (limit === undefined) return []
    const place = { name: `confidence.${key}`, path: [key], expected }
    if (series.length === 0) return [unmeasured({ ...place, actual: 'nothing was decided' })]
    const told = key === 'mean' ? `${shown(value)} (${actual})` : actual
    return [found({ ...place, passes: value >= limit, score: value, actual: told })]
  })
  if (below === undefined) return findings
  const longest = longestUnder(series, below)
  return [
    ...findings,
    found({
      name: 'confidence.below',
      path: ['below'],
      passes: longest < turns,
      score: Math.min(1, turns / (longest + 1)),
      expected: `under ${below} fewer than ${turns} times in a row`,
      actual: `${longest} in a row (${actual || 'nothing was decided'})`,
    }),
  ]
}

function longestUnder(series: readonly number[], below: number): number {
  let longest = 0
  let run = 0
  for (const each of series) {
    run = each < below ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}

function shown(value: number): string {
  return String(Math.round(value * 100) / 100)
}
