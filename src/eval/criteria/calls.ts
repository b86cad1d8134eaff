import type { SeenCall } from '../measure.ts'
import type { WrittenCall, WrittenCalls } from '../read/written-case.ts'
import { alike, found, inOrder, listed, type Finding } from './finding.ts'
import { has } from './has.ts'

/**
 * Compares calls: exactly these in this order, these in this order among others, never those. `tools`
 * is about calls that ran, `calls` about all that a model asked for.
 */
export function checkCalls(
  written: WrittenCalls,
  seen: readonly SeenCall[],
  criterion: 'tools' | 'calls',
): readonly Finding[] {
  const { exact, subset, never } = written
  const findings: Finding[] = []
  if (exact !== undefined) {
    const score = alike(exact, seen, isThis)
    findings.push(
      found({
        name: `${criterion}.exact`,
        path: ['exact'],
        passes: score === 1,
        score,
        expected: listed(exact.map(callText)),
        actual: shown(seen, exact),
      }),
    )
  }
  if (subset !== undefined) {
    const matched = inOrder(subset, seen, isThis)
    findings.push(
      found({
        name: `${criterion}.subset`,
        path: ['subset'],
        passes: matched === subset.length,
        score: subset.length === 0 ? 1 : matched / subset.length,
        expected: `${listed(subset.map(callText))}, in this order`,
        actual: shown(seen, subset),
      }),
    )
  }
  if (never !== undefined) {
    const broken = seen.filter((call) => never.some((each) => isThis(each, call)))
    findings.push(
      found({
        name: `${criterion}.never`,
        path: ['never'],
        passes: broken.length === 0,
        expected: `never ${never.map(callText).join(', ')}`,
        actual: shown(broken.length > 0 ? broken : seen, never),
      }),
    )
  }
  return findings
}

function isThis(wanted: WrittenCall, call: SeenCall): boolean {
  if (typeof wanted === 'string') return call.tool === wanted
  return call.tool === wanted.tool && has(call.args, wanted.args ?? {})
}

/** Arguments are shown where the criterion speaks of some. */
function shown(seen: readonly SeenCall[], wanted: readonly WrittenCall[]): string {
  const withArgs = wanted.some((each) => typeof each !== 'string')
  return listed(seen.map(({ tool, args }) => (withArgs ? `${tool} ${JSON.stringify(args)}` : tool)))
}

function callText(wanted: WrittenCall): string {
  if (typeof wanted === 'string') return wanted
  return wanted.args === undefined ? wanted.tool : `${wanted.tool} ${JSON.stringify(wanted.args)}`
}
