import {
  DEFAULT_GUIDELINE_BUDGET,
  type Guideline,
  type GuidelinesSpec,
  type PlanGuidelines,
} from '../guideline/guideline.ts'
import { claimsOfNothing, gatesNamed, guidelineRules } from '../guideline/guideline-rules.ts'
import { leastTokens } from '../guideline/select-guidelines.ts'
import { errorAt, legalNames, warningAt, type Issue, type IssuePath } from '../issue.ts'
import type { WorkflowSpec } from '../spec.ts'

/** Resolves a workflow's guidelines; null where it has none (S0.20). */
export function compileGuidelines(spec: WorkflowSpec, issues: Issue[]): PlanGuidelines | null {
  const { guidelines: written } = spec
  if (written === undefined) return null
  const given = isList(written) ? { ids: written } : written
  const at: IssuePath = isList(written) ? ['guidelines'] : ['guidelines', 'ids']
  const library = given.texts ?? []
  const known = new Map(library.map((each) => [each.id, each]))
  const named: Guideline[] = []
  for (const [index, id] of (given.ids ?? []).entries()) {
    const guideline = known.get(id)
    if (guideline === undefined) {
      const message = `there is no guideline \`${id}\`; ${legalNames(id, known.keys())}`
      issues.push(errorAt([...at, index], message))
    } else if (!named.includes(guideline)) named.push(guideline)
  }
  const always = library.filter((each) => each.always === true && !named.includes(each))
  const required = [...named, ...always]
  const budget = given.budget ?? DEFAULT_GUIDELINE_BUDGET
  const match = given.match ?? (given.ids === undefined ? 'balanced' : null)
  checkBudget(required, { budget, issues })
  checkLibrary(library, { spec, issues })
  if (given.mode !== undefined && given.mode !== 'fast' && match === null) {
    const message = `\`mode: ${given.mode}\` says how guidelines are matched to the task, and only \`ids\` are applied; add \`match: balanced\``
    issues.push(warningAt(['guidelines', 'mode'], message))
  }
  return { library, required, match, mode: given.mode ?? 'fast', budget }
}

function isList(written: readonly string[] | GuidelinesSpec): written is readonly string[] {
  return Array.isArray(written)
}

/** Those that must be there must fit, if only as summaries. */
function checkBudget(
  required: readonly Guideline[],
  on: { readonly budget: number; readonly issues: Issue[] },
): void {
  const least = leastTokens(required)
  if (least <= on.budget) return
  const ids = required.map(({ id }) => id).join(', ')
  const message = `${ids} need about ${least} tokens even as summaries, and the budget is ${on.budget}; raise \`budget\`, shorten \`summary\`, or name fewer`
  on.issues.push(errorAt(['guidelines'], message))
}

/** Each id once, and what is said to be enforced is. */
function checkLibrary(
  library: readonly Guideline[],
  on: { readonly spec: WorkflowSpec; readonly issues: Issue[] },
): void {
  const gates = Object.keys(on.spec.gates ?? {})
  const ids = new Set<string>()
  for (const guideline of library) {
    const { id } = guideline
    const error = (message: string): void => {
      on.issues.push(errorAt(['guidelines'], `guideline ${id}: ${message}`))
    }
    if (ids.size === ids.add(id).size) error('the id is there twice; ids differ')
    for (const gate of gatesNamed(guideline)) {
      if (gates.includes(gate)) continue
      error(
        `\`enforced_by\` names the gate \`${gate}\`, and there is none; ${legalNames(gate, gates)}`,
      )
    }
    for (const words of claimsOfNothing(guideline)) {
      const rules = guidelineRules(guideline).map(({ rule }) => `“${rule.slice(0, 60)}”`)
      error(`\`enforced_by\` speaks of “${words}”, and no rule does; rules: ${rules.join(', ')}`)
    }
  }
}
