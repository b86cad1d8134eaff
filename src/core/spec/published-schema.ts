import type { IssuePath } from './issue.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from './json.ts'

/*
 * The published JSON Schema, read back to say what would be legal at a path.
 */

/** The alternatives that a JSON Schema gives for the value at a path. */
export function schemasAt(published: JsonObject, path: IssuePath): readonly JsonObject[] {
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
  const named = typeof part === 'string' ? ownValue(propertiesOf(schema), part) : undefined
  const member =
    typeof part === 'number' ? schema['items'] : (named ?? schema['additionalProperties'])
  return isJsonObject(member) ? [member] : []
}

function propertiesOf(schema: JsonObject): JsonObject {
  const properties = schema['properties']
  return isJsonObject(properties) ? properties : {}
}

function requiredOf(schema: JsonObject): readonly string[] {
  const { required, examples } = schema
  if (Array.isArray(required)) return required.filter((key) => typeof key === 'string')
  const [least] = Array.isArray(examples) ? examples : []
  return isJsonObject(least) ? Object.keys(least) : []
}

/** The keys that a map may have by these schemas. */
export function legalKeys(schemas: readonly JsonObject[]): readonly string[] {
  return schemas.flatMap((schema) => Object.keys(propertiesOf(schema)).filter(isOfWorkflow))
}

/** `$schema` is an editor's, and no one misses it. */
function isOfWorkflow(key: string): boolean {
  return !key.startsWith('$')
}

/** What these schemas ask for, in words; '' when they take anything. */
export function describeSchemas(schemas: readonly JsonObject[]): string {
  const words = schemas.map(describeSchema).filter((text) => text !== '')
  return [...new Set(words)].join(' or ')
}

function describeSchema(schema: JsonObject): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(literal).join(' or ')
  if (schema['const'] !== undefined) return literal(schema['const'])
  const about = typeof schema['description'] === 'string' ? ` (${schema['description']})` : ''
  const { type, items } = schema
  if (type === 'object') return `a map${about}${describeMembers(schema)}`
  if (type === 'array') return `a list${isJsonObject(items) ? ` of ${plural(items)}` : ''}${about}`
  const kind = typeof type === 'string' ? KINDS.get(type) : undefined
  return kind === undefined ? '' : `${kind}${about}`
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['integer', 'a whole number'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
])

function plural(items: JsonObject): string {
  if (items['type'] === 'object') return `maps${describeMembers(items)}`
  return items['type'] === 'string' ? 'texts' : 'values'
}

function describeMembers(schema: JsonObject): string {
  const required = requiredOf(schema)
  const optional = legalKeys([schema]).filter((key) => !required.includes(key))
  if (required.length + optional.length === 0) return ''
  const shown = optional.slice(0, 8).join(', ') + (optional.length > 8 ? ', …' : '')
  if (required.length === 0) return ` with ${shown}`
  return ` with ${required.join(', ')}${shown === '' ? '' : ` (and, if wanted, ${shown})`}`
}

function literal(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** How a value of the wrong type would be written to fit, as `; write …`; '' when that is not plain. */
export function writtenRight(schemas: readonly JsonObject[], value: Json): string {
  const takesText = schemas.some(({ type, ...rest }) => type === 'string' && !('const' in rest))
  if ((typeof value === 'number' || typeof value === 'boolean') && takesText) {
    return '; to make it a text, put it in quotes'
  }
  if (typeof value !== 'string') return ''
  const truth = schemas.some((schema) => schema['type'] === 'boolean' || schema['const'] === true)
  if (truth && /^(?:yes|no|on|off|true|false|y|n)$/i.test(value)) {
    return '; YAML 1.2 knows only true and false, without quotes'
  }
  for (const schema of schemas) {
    const items = schema['items']
    if (isJsonObject(items) && items['type'] === 'string') return `; write [${short(value)}]`
    const [key, ...others] = requiredOf(schema)
    if (schema['type'] === 'object' && key !== undefined && others.length === 0) {
      return `; write { ${key}: ${short(value)} }`
    }
  }
  return ''
}

/** What kind of value this is, in words; short texts, numbers and booleans as they are. */
export function describeValue(value: Json | undefined): string {
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'string') return `the text "${short(value)}"`
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : 'a map'
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= 40 ? line : `${line.slice(0, 40)}…`
}
