import type { z } from 'zod'
import { isJsonObject, type JsonObject } from './json.ts'
import { errorAt, legalNames, pathText, type Issue, type IssuePath } from './issue.ts'
import { workflowJsonSchema, workflowSchema } from './schema.ts'
import type { WorkflowSpec } from './spec.ts'

export type ParsedSpec =
  | { readonly ok: true; readonly spec: WorkflowSpec }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/**
 * Reads any value as a workflow. Every issue has the path it is about and names what would be legal
 * there; references between parts (a step that does not exist, a bad condition) are compile's.
 */
export function parseSpec(value: unknown): ParsedSpec {
  const parsed = workflowSchema.safeParse(value)
  if (parsed.success) return { ok: true, spec: parsed.data }
  return { ok: false, issues: parsed.error.issues.flatMap((issue) => readIssue(issue, [], value)) }
}

function readIssue(issue: z.core.$ZodIssue, base: IssuePath, root: unknown): readonly Issue[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? '?' : part))]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        errorAt([...path, key], `unknown key \`${key}\`; ${legalNames(key, legalKeysAt(path))}`),
      )
    case 'invalid_union': {
      const branch = deepestBranch(issue.errors)
      if (branch === undefined) return [errorAt(path, wrongType(path, root))]
      return branch.flatMap((inner) => readIssue(inner, path, root))
    }
    case 'invalid_key':
      return [errorAt(path, issue.issues[0]?.message ?? 'this name is not legal')]
    case 'invalid_value':
      return [
        errorAt(path, `must be ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}`),
      ]
    case 'invalid_type':
      return [errorAt(path, wrongType(path, root))]
    default:
      return [errorAt(path, issue.message)]
  }
}

/** The union's branch that got furthest: what the author most likely meant. */
function deepestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 1)))
  const deepest = branches.toSorted((left, right) => depth(right) - depth(left))[0]
  return deepest !== undefined && depth(deepest) > 0 ? deepest : undefined
}

function wrongType(path: IssuePath, root: unknown): string {
  const expected = schemasAt(path)
    .map(describeSchema)
    .filter((text) => text !== '')
  const value = valueAt(path, root)
  const wanted = [...new Set(expected)].join(' or ') || 'something else'
  if (value === undefined) return `\`${pathText(path.slice(-1))}\` is missing; expected ${wanted}`
  const kind = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
  return `expected ${wanted}, got ${kind}`
}

function valueAt(path: IssuePath, root: unknown): unknown {
  let value: unknown = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

/** The published schema's alternatives at a path. Made anew: only errors ask for it. */
function schemasAt(path: IssuePath): readonly JsonObject[] {
  const root = workflowJsonSchema()
  const published = isJsonObject(root) ? root : {}
  return path.reduce<readonly JsonObject[]>(
    (schemas, part) => schemas.flatMap((schema) => membersOf(schema, part)).flatMap(alternatives),
    alternatives(published),
  )
}

function alternatives(schema: JsonObject): readonly JsonObject[] {
  const inner = schema['anyOf']
  return Array.isArray(inner) ? inner.filter(isJsonObject).flatMap(alternatives) : [schema]
}

function membersOf(schema: JsonObject, part: string | number): readonly JsonObject[] {
  const properties = schema['properties']
  const named = isJsonObject(properties) ? properties[part] : undefined
  const member =
    typeof part === 'number' ? schema['items'] : (named ?? schema['additionalProperties'])
  return isJsonObject(member) ? [member] : []
}

function legalKeysAt(path: IssuePath): readonly string[] {
  return schemasAt(path).flatMap((schema) =>
    isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : [],
  )
}

function describeSchema(schema: JsonObject): string {
  if (Array.isArray(schema['enum']))
    return schema['enum'].map((each) => JSON.stringify(each)).join(' or ')
  if (schema['const'] !== undefined) return JSON.stringify(schema['const'])
  const type = schema['type']
  if (type === 'object') {
    const properties = schema['properties']
    if (!isJsonObject(properties)) return 'a map'
    return `a map with ${Object.keys(properties).slice(0, 8).join(', ')}`
  }
  if (type === 'array') return 'a list'
  const about = schema['description']
  if (typeof about === 'string') return about
  if (type === 'integer') return 'a whole number'
  return typeof type === 'string' ? `a ${type}` : ''
}
