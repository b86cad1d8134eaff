import type { Shape } from '../measure.ts'
import type { WrittenPath } from '../read/written-case.ts'
import { alike, found, inOrder, listed, type Finding } from './finding.ts'

/** Compares the steps that were entered: exactly these, these in this order, never those. */
export function checkPath(
  written: readonly string[] | WrittenPath,
  shape: Shape,
): readonly Finding[] {
  const isList = isNames(written)
  const { exact, contains, never, sub_runs } = isList ? { exact: written } : written
  const seen = sub_runs === true ? shape.pathWithSubRuns : shape.path
  const actual = listed(seen)
  const findings: Finding[] = []
  if (exact !== undefined) {
    const score = alike(exact, seen, Object.is)
    const path = isList ? [] : ['exact']
    const name = isList ? 'path' : 'path.exact'
    findings.push(
      found({ name, path, passes: score === 1, score, expected: listed(exact), actual }),
    )
  }
  if (contains !== undefined) {
    const matched = inOrder(contains, seen, Object.is)
    findings.push(
      found({
        name: 'path.contains',
        path: ['contains'],
        passes: matched === contains.length,
        score: contains.length === 0 ? 1 : matched / contains.length,
        expected: `${listed(contains)}, in this order`,
        actual,
      }),
    )
  }
  if (never !== undefined) {
    findings.push(
      found({
        name: 'path.never',
        path: ['never'],
        passes: !never.some((step) => seen.includes(step)),
        expected: `never ${never.join(', ')}`,
        actual,
      }),
    )
  }
  return findings
}

function isNames(written: readonly string[] | WrittenPath): written is readonly string[] {
  return Array.isArray(written)
}
