import { unknownName, type Typing } from './check-types.ts'
import { errorAt, legalNames, warningAt, type Issue, type IssuePath } from '../issue.ts'
import type { JsonPath } from '../path/json-path.ts'
import type { PlanGate, PlanTool } from '../plan.ts'

/*
 * The arguments that a gate is keyed by. One that no tool has makes the rule pass or refuse every
 * call, so it is an error; one that only some of the tools have may be meant.
 */

interface Held {
  /** Every tool that the gate holds. */
  readonly tools: readonly PlanTool[]
  /** True where the gate holds whatever there is, so that what some tools lack is no slip. */
  readonly everything: boolean
  /** What is known of an argument's values, for one of the tools. */
  readonly typing: (tool: PlanTool, ...path: IssuePath) => Typing
  readonly issues: Issue[]
}

/** Says of each argument in `from`, `clean` and `limit.per` which of the gate's tools lack it. */
export function checkGateArguments(
  { from, clean, limit }: Pick<PlanGate, 'from' | 'clean' | 'limit'>,
  held: Held,
): void {
  for (const { argument } of from) checkArgument(argument, ['from'], held)
  for (const argument of clean) checkArgument(argument, ['clean'], held)
  if (limit !== null && limit.per !== null && limit.per.root === 'args') {
    checkArgument(limit.per, ['limit', 'per'], held)
  }
}

function checkArgument(argument: JsonPath, path: IssuePath, held: Held): void {
  const { tools, issues } = held
  const lacking = tools.flatMap((tool) => {
    const typing = held.typing(tool, ...path)
    const unknown = unknownName(argument, typing)
    return unknown === null ? [] : [{ tool: tool.name, typing, unknown }]
  })
  const [first] = lacking
  if (first === undefined) return
  const { at } = first.typing
  const { name } = first.unknown
  if (lacking.length === tools.length) {
    const who =
      tools.length === 1 ? first.tool : `none of ${lacking.map((each) => each.tool).join(', ')}`
    const has = tools.length === 1 ? 'has no' : 'has an'
    const legal = legalNames(
      name,
      lacking.flatMap(({ unknown }) => unknown.legal),
    )
    issues.push(errorAt(at, `\`${argument.text}\`: ${who} ${has} argument \`${name}\`; ${legal}`))
    return
  }
  if (held.everything) return
  for (const { tool, typing, unknown } of lacking) {
    const message = `for ${tool}: \`${argument.text}\`: its schema names no \`${unknown.name}\`, so this may be missing; ${legalNames(unknown.name, unknown.legal)}`
    issues.push(warningAt(typing.at, message))
  }
}
