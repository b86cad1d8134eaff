import type { z } from 'zod'
import { isJsonObject, ownValue, type Json, type JsonObject } from './json.ts'
import {
  errorAt,
  firstIssues,
  legalNames,
  nearestName,
  pathText,
  type Issue,
  type IssuePath,
  toIssuePath,
} from './issue.ts'
import {
  describeSchemas,
  describeValue,
  legalKeys,
  schemasAt,
  writtenRight,
} from './published-schema.ts'
import { readJson } from './read-json.ts'
import { workflowJsonSchema, workflowSchema } from './schema.ts'
import type { WorkflowSpec } from './spec.ts'

export type ParsedSpec =
  | { readonly ok: true; readonly spec: WorkflowSpec }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/**
 * Reads any value as a workflow; total, and the value is copied. Every issue has the path it is
 * about and names what would be legal there, at most a hundred; references between parts (a step
 * that does not exist, a bad condition) are compile's.
 */
export function parseSpec(value: unknown): ParsedSpec {
  const read = readJson(value)
  if (!read.ok) return read
  const parsed = workflowSchema.safeParse(read.value)
  if (parsed.success) {
    // An editor's hint, no part of the workflow.
    const { $schema: _, ...spec } = parsed.data
    return { ok: true, spec }
  }
  const schema: unknown = workflowJsonSchema()
  const reading = { root: read.value, published: isJsonObject(schema) ? schema : {} }
  const found = parsed.error.issues.flatMap((issue) => readIssue(issue, [], reading))
  // A misspelt key also makes the key that was meant a missing one: one mistake, one issue.
  const meant = new Set(found.map((issue) => issue.meant ?? ''))
  const issues = found.filter((issue) => !(issue.missing && meant.has(pathText(issue.path))))
  return {
    ok: false,
    issues: firstIssues(issues.map(({ path, message }) => errorAt(path, message))),
  }
}

interface Reading {
  readonly root: Json
  readonly published: JsonObject
}

interface Found {
  readonly path: IssuePath
  readonly message: string
  readonly missing?: boolean
  /** The path of the key that a misspelt one stands for. */
  readonly meant?: string
}

function readIssue(issue: z.core.$ZodIssue, base: IssuePath, reading: Reading): readonly Found[] {
  const path = [...base, ...toIssuePath(issue.path)]
  const value = valueAt(path, reading.root)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, reading))
    case 'invalid_union': {
      const branch = issue.errors.find((errors) => !errors.some(isWrongKind))
      if (branch === undefined) return [wrongValue(path, value, reading)]
      return branch.flatMap((inner) => readIssue(inner, path, reading))
    }
    case 'invalid_key':
      return [{ path, message: badName(String(path.at(-1)), issue.issues[0]?.message) }]
    case 'invalid_value':
    case 'invalid_type':
      return [wrongValue(path, value, reading)]
    case 'invalid_format':
      return [{ path, message: badName(typeof value === 'string' ? value : '', issue.message) }]
    case 'too_small':
      return [{ path, message: tooSmall(issue) }]
    case 'too_big':
      return [{ path, message: tooBig(issue) }]
    case 'custom':
    case 'invalid_element':
    case 'not_multiple_of':
      return [{ path, message: issue.message }]
  }
  return issue satisfies never
}

/** True when a union's branch does not even take this kind of value: the author meant another. */
function isWrongKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && ['invalid_type', 'invalid_value'].includes(issue.code)
}

/** What other tools call the things that have another word here. */
const SYNONYMS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    args: ['input'],
    condition: ['when', 'allow'],
    description: ['about'],
    file: ['module'],
    goto: ['to', 'next'],
    id: ['name', 'workflow'],
    if: ['when', 'allow'],
    name: ['workflow'],
    outcome: ['else'],
    parameters: ['input'],
    path: ['module'],
    requires: ['needs'],
    schema: ['output', 'input'],
    step: ['to'],
    system: ['instructions'],
    tool: ['on', 'tools', 'after'],
    transitions: ['next'],
    url: ['http'],
  }),
)

function unknownKey(key: string, parent: IssuePath, reading: Reading): Found {
  const path = [...parent, key]
  const legal = legalKeys(schemasAt(reading.published, parent))
  const near = nearestName(key, legal) ?? SYNONYMS.get(key)?.find((word) => legal.includes(word))
  const message = `unknown key \`${key}\`; ${legalNames(near ?? key, legal)}`
  return near === undefined
    ? { path, message }
    : { path, message, meant: pathText([...parent, near]) }
}

function wrongValue(path: IssuePath, value: Json | undefined, reading: Reading): Found {
  const schemas = schemasAt(reading.published, path)
  const wanted = describeSchemas(schemas) || 'something else'
  if (value === undefined) {
    const message = `\`${pathText(path.slice(-1))}\` is missing; expected ${wanted}`
    return { path, message, missing: true }
  }
  const words = schemas.flatMap((schema) => schema['enum'] ?? schema['const'] ?? [])
  const near = typeof value === 'string' ? nearestName(value, words.filter(isText)) : undefined
  const hint = near === undefined ? writtenRight(schemas, value) : `; did you mean ${near}?`
  return { path, message: `expected ${wanted}, got ${describeValue(value)}${hint}` }
}

function isText(value: Json): value is string {
  return typeof value === 'string'
}

function valueAt(path: IssuePath, root: Json): Json | undefined {
  return path.reduce<Json | undefined>((value, part) => {
    if (Array.isArray(value)) return typeof part === 'number' ? value[part] : undefined
    return isJsonObject(value) ? ownValue(value, String(part)) : undefined
  }, root)
}

function badName(name: string, rule: string | undefined): string {
  return `\`${name}\` is not a legal name: ${rule ?? 'choose another'}`
}

function tooSmall(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.origin === 'string') return 'must not be empty'
  if (issue.origin === 'array') return 'must not be empty: give at least one'
  return issue.inclusive === true
    ? `must be at least ${issue.minimum}`
    : `must be more than ${issue.minimum}`
}

function tooBig(issue: z.core.$ZodIssueTooBig): string {
  if (issue.origin === 'string') return `has more than ${issue.maximum} characters`
  return `must be at most ${issue.maximum}`
}
