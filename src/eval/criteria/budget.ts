import type { Shape } from '../measure.ts'
import type { WrittenBudget } from '../read/written-case.ts'
import { found, skipped, unmeasured, type Finding } from './finding.ts'

/** Holds what a run took under its ceilings; each is a finding of its own. */
export function checkBudget(
  written: WrittenBudget,
  on: { readonly shape: Shape; readonly scripted: boolean },
): readonly Finding[] {
  const { shape } = on
  const { model_calls, tool_calls, tokens, usd, transitions } = written
  const byRole = typeof model_calls === 'object' ? model_calls : { all: model_calls }
  const roles = Object.entries(byRole).map(([role, most]) => {
    const isNumber = typeof model_calls !== 'object'
    const path = isNumber ? ['model_calls'] : ['model_calls', role]
    return { path, most, used: shape.modelCalls[role] ?? 0 }
  })
  const ceilings = [
    ...roles,
    { path: ['tool_calls'], most: tool_calls, used: shape.ran.length },
    { path: ['tokens'], most: tokens, used: shape.tokens },
    { path: ['transitions'], most: transitions, used: shape.transitions },
  ]
  const findings = ceilings.flatMap(({ path, most, used }) =>
    most === undefined ? [] : [ceiling(path, most, used)],
  )
  return usd === undefined ? findings : [...findings, costs(usd, on)]
}

function ceiling(path: readonly string[], most: number, used: number): Finding {
  return found({
    name: ['budget', ...path].join('.'),
    path,
    passes: used <= most,
    score: used <= most ? 1 : most / used,
    expected: `at most ${most}`,
    actual: String(used),
  })
}

function costs(
  most: number,
  { shape, scripted }: { readonly shape: Shape; readonly scripted: boolean },
): Finding {
  if (shape.usd !== null) return ceiling(['usd'], most, shape.usd)
  const place = { name: 'budget.usd', path: ['usd'], expected: `at most ${most}` }
  // A script costs nothing; a model whose price nobody knows may cost anything.
  if (scripted) return skipped({ ...place, actual: 'a script has no price' })
  return unmeasured({ ...place, actual: 'no price is known; give the workflow `prices`' })
}
