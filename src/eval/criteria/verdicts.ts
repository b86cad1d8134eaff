import type { SeenVerdict } from '../measure.ts'
import type { WrittenVerdict } from '../read/written-case.ts'
import { found, inOrder, type Finding } from './finding.ts'
import { has } from './has.ts'

/** Looks for these verdicts in the order in which they were given; others may lie between. */
export function checkVerdicts(
  written: readonly WrittenVerdict[],
  seen: readonly SeenVerdict[],
): readonly Finding[] {
  const matched = inOrder(written, seen, isThis)
  const next = written[matched]
  const passes = next === undefined
  const tools = new Set(written.map(({ tool }) => tool))
  const related = seen.filter(({ tool }) =>
    next === undefined ? tools.has(tool) : tool === next.tool,
  )
  return [
    found({
      name: 'verdicts',
      path: passes ? [] : [matched],
      passes,
      score: matched / written.length,
      expected: next === undefined ? written.map(wantedText).join('; ') : wantedText(next),
      actual: related.map(seenText).join('; ') || 'no such call was judged',
    }),
  ]
}

function isThis(wanted: WrittenVerdict, seen: SeenVerdict): boolean {
  if (wanted.tool !== seen.tool || wanted.verdict !== seen.verdict) return false
  if (wanted.args !== undefined && !has(seen.args, wanted.args)) return false
  const gates = seen.gates.filter(
    (each) =>
      each.verdict === seen.verdict && (wanted.gate === undefined || each.gate === wanted.gate),
  )
  if (wanted.gate !== undefined && gates.length === 0) return false
  const { reason_has } = wanted
  if (reason_has === undefined) return true
  const said = wanted.gate === undefined ? [seen.message] : []
  return [...gates.map(({ reason }) => reason), ...said].some((each) => each.includes(reason_has))
}

function wantedText({ tool, verdict, gate, reason_has }: WrittenVerdict): string {
  const by = gate === undefined ? '' : ` by ${gate}`
  return `${tool} ${verdict}${by}${reason_has === undefined ? '' : ` because of “${reason_has}”`}`
}

function seenText({ tool, verdict, gates }: SeenVerdict): string {
  if (verdict === 'allow') return `${tool} allow`
  const reasons = gates
    .filter((each) => each.verdict !== 'allow')
    .map(({ gate, reason }) => `${gate}: ${reason}`)
  return `${tool} ${verdict}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`
}
