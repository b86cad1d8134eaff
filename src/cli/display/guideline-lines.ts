import type { AppliedGuidelines } from '../../core/spec/guideline/guideline.ts'
import { guidelineRules } from '../../core/spec/guideline/guideline-rules.ts'
import type { PlanGuidelines } from '../../core/spec/guideline/guideline.ts'
import { oneLine } from './plain-text.ts'
import type { Screen } from './screen.ts'

/** A guideline as `lockstep check` shows it: each rule is guided, or enforced by gates (S0.20). */
export interface CheckedGuideline {
  readonly id: string
  readonly title: string
  /** `asked`: only where the model asks `smart_guidelines`. */
  readonly applied: 'always' | 'named' | 'matched' | 'asked'
  readonly rules: readonly {
    readonly rule: string
    readonly label: 'guided' | 'enforced'
    readonly gates: readonly string[]
  }[]
}

/** Labels every rule of every guideline that a workflow can come to use. */
export function checkedGuidelines({
  library,
  required,
  match,
}: PlanGuidelines): readonly CheckedGuideline[] {
  const other = match === null ? 'asked' : 'matched'
  return library.map((guideline) => ({
    id: guideline.id,
    title: guideline.title,
    applied: !required.includes(guideline) ? other : guideline.always === true ? 'always' : 'named',
    rules: guidelineRules(guideline).map(({ rule, gates }) => ({
      rule,
      label: gates.length === 0 ? ('guided' as const) : ('enforced' as const),
      gates,
    })),
  }))
}

/** Shows the rules of guidelines with what holds them. */
export function showCheckedGuidelines(
  screen: Screen,
  guidelines: readonly CheckedGuideline[],
): void {
  if (guidelines.length === 0) return
  const rules = guidelines.flatMap((each) => each.rules)
  const enforced = rules.filter(({ label }) => label === 'enforced').length
  screen.line()
  const body = `${rules.length} rules: ${enforced} enforced by a gate, ${rules.length - enforced} guided (the model is told, nothing holds it)`
  screen.entry({ indent: 2, mark: 'guidelines', markColor: 'dim', body })
  for (const each of guidelines) {
    screen.entry({
      indent: 2,
      mark: '≡',
      markColor: 'cyan',
      head: oneLine(each.id),
      headColor: 'bold',
      body: `${oneLine(each.title)} (${each.applied})`,
    })
    for (const { rule, label, gates } of each.rules) {
      const held = label === 'enforced'
      screen.entry({
        indent: 4,
        mark: label.padEnd(8),
        markColor: held ? 'green' : 'dim',
        body: `${oneLine(rule)}${held ? `  [${gates.join(', ')}]` : ''}`,
        maxLines: 2,
      })
    }
  }
}

/** Shows what a run was told of guidelines when it began. */
export function showApplied(screen: Screen, applied: AppliedGuidelines): void {
  const { ids, demoted, left_out: out, tokens, budget, note } = applied
  if (ids.length === 0 && out.length === 0 && note === undefined) return
  const names = ids.map((id) => `${oneLine(id)}${demoted.includes(id) ? ' (summary)' : ''}`)
  const more = out.length === 0 ? '' : `; no room for ${out.map(oneLine).join(', ')}`
  const said = note === undefined ? '' : `; ${oneLine(note)}`
  const body = `${names.join(', ') || 'none'}, about ${tokens} of ${budget} tokens${more}${said}`
  screen.entry({ indent: 2, mark: 'guidelines', markColor: 'dim', body, maxLines: 3 })
}
