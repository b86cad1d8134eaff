import type { IssuePath } from '../../core/spec/issue.ts'

/**
 * How one criterion came out. `score` is 0 to 1, higher is better, and what a baseline compares; null
 * where nothing could be measured. `skipped` is never a pass: it is shown, and loses its metric.
 */
export interface Finding {
  /** What was looked at, as its author wrote it: `tools.never`, `verdicts`. */
  readonly name: string
  /** Below its criterion, for the place in the file. */
  readonly path: IssuePath
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly score: number | null
  readonly expected: string
  readonly actual: string
}

interface Found {
  readonly name: string
  readonly path: IssuePath
  readonly passes: boolean
  /** 1 or 0 by `passes` when left out. */
  readonly score?: number
  readonly expected: string
  readonly actual: string
}

/** A finding of something that was measured. */
export function found({ name, path, passes, score, expected, actual }: Found): Finding {
  const result = passes ? 'passed' : 'failed'
  return { name, path, result, score: score ?? (passes ? 1 : 0), expected, actual }
}

/** A finding of something that could not be: it fails, and there is no score. */
export function unmeasured(found: Omit<Found, 'passes' | 'score'>): Finding {
  return { ...found, result: 'failed', score: null }
}

/** A finding of something that nobody could look at here. */
export function skipped(found: Omit<Found, 'passes' | 'score'>): Finding {
  return { ...found, result: 'skipped', score: null }
}

/** How much of two lists is the same in the same order: twice their longest common part over their length. */
export function alike<Left, Right>(
  left: readonly Left[],
  right: readonly Right[],
  same: (left: Left, right: Right) => boolean,
): number {
  if (left.length + right.length === 0) return 1
  let row = right.map(() => 0)
  for (const one of left) {
    const next: number[] = []
    right.forEach((other, index) => {
      const diagonal = index === 0 ? 0 : (row[index - 1] ?? 0)
      const kept = Math.max(row[index] ?? 0, next[index - 1] ?? 0)
      next.push(same(one, other) ? diagonal + 1 : kept)
    })
    row = next
  }
  return (2 * (row.at(-1) ?? 0)) / (left.length + right.length)
}

/** How many of `wanted` occur in `seen` in their order; others may lie between. */
export function inOrder<Wanted, Seen>(
  wanted: readonly Wanted[],
  seen: readonly Seen[],
  fits: (wanted: Wanted, seen: Seen) => boolean,
): number {
  let matched = 0
  for (const each of seen) {
    const next = wanted[matched]
    if (next !== undefined && fits(next, each)) matched += 1
  }
  return matched
}

/** A list in words; `nothing` when it is empty. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(' → ')
}
