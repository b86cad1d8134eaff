import { compileCondition, type Condition } from '../../core/spec/condition/condition.ts'
import { whyUndecided } from '../../core/spec/condition/condition-undecided.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { Shape } from '../measure.ts'
import { found, unmeasured, type Finding } from './finding.ts'

/** Holds conditions of the workflow language against the run record and what `eval` adds to it. */
export function checkConditions(
  conditions: readonly string[],
  on: { readonly shape: Shape; readonly name: string },
): readonly Finding[] {
  const { context } = on.shape
  return conditions.map((source, index) => {
    const name = conditions.length === 1 ? on.name : `${on.name}[${index}]`
    const place = { name, path: [index], expected: source }
    const compiled = compileCondition(source, { example: '$.output' })
    if (!compiled.ok) return unmeasured({ ...place, actual: compiled.error.message })
    const value = compiled.condition.evaluate(context)
    if (value === null) {
      return unmeasured({ ...place, actual: whyUndecided(compiled.condition, context) })
    }
    return found({
      ...place,
      passes: value === true,
      actual: `it is ${JSON.stringify(value)}${readIn(compiled.condition, context)}`,
    })
  })
}

const SHOWN_PATHS = 3
const SHOWN_CHARACTERS = 120

/** What its paths read: an eval's record holds no secrets, and a person has to see why. */
function readIn({ paths }: Condition, context: JsonObject): string {
  const read = paths.slice(0, SHOWN_PATHS).map((path) => {
    const value = path.singular ? (path.find(context) ?? null) : path.select(context)
    const text = JSON.stringify(value)
    const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
    return `${path.text} is ${cut}`
  })
  return read.length === 0 ? '' : `; ${read.join(', ')}`
}
