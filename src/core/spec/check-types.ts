import type { Condition } from './condition.ts'
import { checkConditionType } from './condition-type.ts'
import { warningAt, type Issue, type IssuePath } from './issue.ts'
import { isJsonObject, ownValue, type JsonObject } from './json.ts'
import type { JsonPath } from './json-path.ts'
import type { ToolSpec } from './spec.ts'

interface Typing {
  readonly at: IssuePath
  /** JSON Schemas of the roots that a condition reads, by root. */
  readonly schemas: Readonly<Record<string, JsonObject | undefined>>
  readonly tools: Readonly<Record<string, ToolSpec>>
  readonly issues: Issue[]
}

/** Warns of a condition that can never hold, by the types of what it reads. */
export function checkTypes(condition: Condition, typing: Typing): void {
  for (const issue of checkConditionType(condition.expression, (path) => schemaAt(path, typing))) {
    typing.issues.push(
      warningAt(typing.at, `\`${condition.source}\`: ${issue.message} (character ${issue.at + 1})`),
    )
  }
}

function schemaAt(path: JsonPath, typing: Typing): JsonObject | undefined {
  if (!path.singular || path.names === null) return undefined
  const [root, ...names] = path.names
  if (typeof root !== 'string') return undefined
  if (root === 'now') return { type: 'integer' }
  if (root === 'tools') {
    const [tool, outputs, latest, ...rest] = names
    if (typeof tool !== 'string' || outputs !== 'outputs' || latest !== 'latest') return undefined
    return descend(typing.tools[tool]?.output, rest)
  }
  return descend(typing.schemas[root], names)
}

/** Follows member names through `properties`, and list positions through `items`. */
function descend(
  schema: JsonObject | undefined,
  names: readonly (string | number)[],
): JsonObject | undefined {
  return names.reduce<JsonObject | undefined>((current, name) => {
    if (current === undefined) return undefined
    const members = typeof name === 'number' ? current['items'] : current['properties']
    if (!isJsonObject(members)) return undefined
    const member = typeof name === 'number' ? members : ownValue(members, name)
    return isJsonObject(member) ? member : undefined
  }, schema)
}
