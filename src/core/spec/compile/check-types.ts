import type { Condition } from '../condition/condition.ts'
import { checkConditionType } from '../condition/condition-type.ts'
import { legalNames, textPlace, warningAt, type Issue, type IssuePath } from '../issue.ts'
import { isJsonObject, ownValue, type JsonObject } from '../json.ts'
import type { JsonPath } from '../path/json-path.ts'
import type { PlanTool } from '../plan.ts'

/** What is known of the values that a condition reads. */
export interface Typing {
  readonly at: IssuePath
  /** JSON Schemas of the roots that a condition reads, by root. */
  readonly schemas: Readonly<Record<string, JsonObject | undefined>>
  readonly tools: ReadonlyMap<string, PlanTool>
  /** JSON Schemas of the steps' outputs, where `$.steps` may be read. */
  readonly steps?: ReadonlyMap<string, JsonObject | undefined>
  /** Said before each finding: of which tool a gate's finding is true. */
  readonly about?: string
  readonly issues: Issue[]
}

/** The JSON Schema of what a step puts out, as conditions read it: a text as `text`, a value that is no object as `value`. */
export function outputSchema(output: JsonObject | undefined): JsonObject {
  if (output === undefined) return membersOnly({ text: { type: 'string' } })
  const { type } = output
  return typeof type === 'string' && type !== 'object' ? membersOnly({ value: output }) : output
}

function membersOnly(properties: JsonObject): JsonObject {
  return { type: 'object', properties, additionalProperties: false }
}

/** Warns of a condition that can never hold, by the types of what it reads. */
export function checkTypes(condition: Condition, typing: Typing): void {
  checkNames(condition.paths, typing)
  for (const { message, at } of checkConditionType(condition.expression, (path) =>
    path.singular ? follow(path, typing).schema : undefined,
  )) {
    warn(`${message} (${textPlace(condition.source, at)})`, typing)
  }
}

/** Warns of a path that reads what its schema does not name: a slip, most often. */
export function checkNames(paths: readonly JsonPath[], typing: Typing): void {
  const texts = new Set<string>()
  for (const path of paths) {
    const { unknown } = follow(path, typing)
    if (unknown === null || texts.has(path.text)) continue
    texts.add(path.text)
    const { name, legal } = unknown
    warn(
      `\`${path.text}\`: its schema names no \`${name}\`, so this may always be null; ${legalNames(name, legal)}`,
      typing,
    )
  }
}

/** The first name in a path that its schema does not have, and those that it has; null where all fit. */
export function unknownName(path: JsonPath, typing: Typing): Followed['unknown'] {
  return follow(path, typing).unknown
}

function warn(message: string, typing: Typing): void {
  typing.issues.push(warningAt(typing.at, `${typing.about ?? ''}${message}`))
}

interface Followed {
  readonly schema: JsonObject | undefined
  readonly unknown: { readonly name: string; readonly legal: readonly string[] } | null
}

const NOTHING: Followed = { schema: undefined, unknown: null }

function follow(path: JsonPath, typing: Typing): Followed {
  const [root, ...names] = path.leading
  if (typeof root !== 'string') return NOTHING
  if (root === 'now') return descend({ type: 'integer' }, names)
  if (root === 'tools') return followTool(names, typing)
  if (root === 'steps') {
    const [step, , ...rest] = names
    return typeof step === 'string' ? descend(typing.steps?.get(step), rest) : NOTHING
  }
  return Object.hasOwn(typing.schemas, root) ? descend(typing.schemas[root], names) : NOTHING
}

/** `tools.NAME.outputs.latest…`, `.outputs.all[n]…`, `.calls.all[n].args…` and `.output…`. */
function followTool(names: readonly (string | number)[], typing: Typing): Followed {
  const [tool, part, which, ...rest] = names
  const known = typeof tool === 'string' ? typing.tools.get(tool) : undefined
  if (known === undefined || which === undefined) return NOTHING
  const { input: args, output } = known
  if (part === 'outputs' && which === 'latest') return descend(output ?? undefined, rest)
  const item: JsonObject =
    part === 'outputs'
      ? (output ?? {})
      : { properties: { args, ...(output === null ? {} : { output }) }, additionalProperties: true }
  return descend({ type: 'array', items: item }, rest)
}

/** Keywords by which a schema may take members that its `properties` do not name. */
const OPEN = [
  '$ref',
  '$dynamicRef',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  'patternProperties',
  'dependentSchemas',
]

/** Follows member names through `properties`, and list positions through `items`. */
function descend(schema: JsonObject | undefined, names: readonly (string | number)[]): Followed {
  let current = schema
  for (const name of names) {
    if (current === undefined) return NOTHING
    if (typeof name === 'number') {
      const items: unknown = current['prefixItems'] === undefined ? current['items'] : undefined
      current = isJsonObject(items) ? items : undefined
      continue
    }
    const { properties } = current
    if (!isJsonObject(properties)) return NOTHING
    const member = ownValue(properties, name)
    if (member === undefined) {
      const extra = current['additionalProperties'] ?? false
      const open = extra !== false || OPEN.some((keyword) => current?.[keyword] !== undefined)
      return open ? NOTHING : { ...NOTHING, unknown: { name, legal: Object.keys(properties) } }
    }
    current = isJsonObject(member) ? member : undefined
  }
  return { schema: current, unknown: null }
}
