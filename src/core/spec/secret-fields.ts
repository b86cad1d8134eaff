import { errorAt, type Issue, type IssuePath } from './issue.ts'
import { isJsonList } from './path/json-path-select.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from './json.ts'
import type { SchemaCheck } from './json-schema.ts'

/*
 * Where a JSON Schema says `secret: true` (Law 17). What stands there is only ever a reference in
 * the log and in everything that is made of it; the plain value is outside, encrypted, and a tool
 * gets it back at the places that its own schema marks.
 */

/** The secret places of a schema; `self` when the value itself is one. */
export interface SecretFields {
  readonly self: boolean
  readonly properties: ReadonlyMap<string, SecretFields>
  /** Of every other property. */
  readonly others: SecretFields | null
  readonly items: SecretFields | null
}

/** An input with secrets: where they are, and what its plain values must fit. */
export interface SecretInput {
  readonly fields: SecretFields
  readonly check: SchemaCheck
}

const REFERENCE = /^secret:[A-Za-z0-9_-]{22}$/

/** True for what stands in the place of a secret: `secret:` and 22 characters. */
export function isReference(value: Json): value is string {
  return typeof value === 'string' && REFERENCE.test(value)
}

const ALTERNATIVES = ['anyOf', 'allOf', 'oneOf'] as const

/** Finds the secret places of a schema; null when it has none. */
export function secretFields(schema: Json | undefined): SecretFields | null {
  if (!isJsonObject(schema)) return null
  if (schema['secret'] === true) return SELF
  const properties = new Map<string, SecretFields>()
  for (const [name, member] of Object.entries(objectAt(schema, 'properties'))) {
    const found = secretFields(member)
    if (found !== null) properties.set(name, found)
  }
  const others = secretFields(ownValue(schema, 'additionalProperties'))
  const items = secretFields(ownValue(schema, 'items'))
  const own = { self: false, properties, others, items }
  const none = properties.size === 0 && others === null && items === null
  return ALTERNATIVES.flatMap((keyword) => listAt(schema, keyword))
    .map(secretFields)
    .reduce(either, none ? null : own)
}

const SELF: SecretFields = { self: true, properties: new Map(), others: null, items: null }

/** A place that one alternative calls secret is secret. */
function either(left: SecretFields | null, right: SecretFields | null): SecretFields | null {
  if (left === null || right === null) return left ?? right
  const properties = new Map(left.properties)
  for (const [name, fields] of right.properties) {
    properties.set(name, either(properties.get(name) ?? null, fields) ?? fields)
  }
  return {
    self: left.self || right.self,
    properties,
    others: either(left.others, right.others),
    items: either(left.items, right.items),
  }
}

/**
 * Puts something else in every secret place of a value. A value of another shape than its schema
 * says is changed as a whole, since nobody knows where in it the secret is; null stays null.
 */
export function mapSecrets(
  value: Json,
  fields: SecretFields,
  change: (secret: Json, path: string) => Json,
): Json {
  return mapAt(value, { fields, change, path: '' })
}

interface Mapping {
  readonly fields: SecretFields
  readonly change: (secret: Json, path: string) => Json
  readonly path: string
}

function mapAt(value: Json, mapping: Mapping): Json {
  const { fields, change, path } = mapping
  if (value === null || (typeof value === 'boolean' && !fields.self)) return value
  if (fields.self) return change(value, path)
  if (isJsonList(value) && fields.items !== null) {
    const below = { change, fields: fields.items }
    return value.map((item, index) => mapAt(item, { ...below, path: `${path}[${index}]` }))
  }
  const named = fields.properties.size > 0 || fields.others !== null
  if (!isJsonObject(value) || !named) return change(value, path)
  const members = Object.entries(value).map(([name, member]): [string, Json] => {
    const found = fields.properties.get(name) ?? fields.others
    const below = path === '' ? name : `${path}.${name}`
    return [name, found === null ? member : mapAt(member, { change, fields: found, path: below })]
  })
  return Object.fromEntries(members)
}

/** The schema as values with references fit it: what the kernel checks (Law 17). */
export function referenceSchema(schema: JsonObject): JsonObject {
  return rewrite(schema, ({ type = 'string' }) => ({ type, pattern: REFERENCE.source }))
}

/** The schema as a model is shown it. */
export function shownSchema(schema: JsonObject): JsonObject {
  return rewrite(schema, ({ type = 'string', title, description }) => ({
    type,
    ...(title === undefined ? {} : { title }),
    description: `${typeof description === 'string' ? `${description} ` : ''}Secret: give the reference (secret:…) as it stands.`,
  }))
}

function rewrite(schema: JsonObject, leaf: (schema: JsonObject) => JsonObject): JsonObject {
  const member = (value: Json): Json => (isJsonObject(value) ? rewrite(value, leaf) : value)
  if (schema['secret'] === true) return leaf(schema)
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, Json][] => {
    switch (keyword) {
      case 'secret':
        return []
      case 'properties': {
        const properties = Object.entries(isJsonObject(value) ? value : {})
        return [
          [keyword, Object.fromEntries(properties.map(([name, each]) => [name, member(each)]))],
        ]
      }
      case 'additionalProperties':
      case 'items':
        return [[keyword, member(value)]]
      case 'anyOf':
      case 'allOf':
      case 'oneOf':
        return [[keyword, isJsonList(value) ? value.map(member) : value]]
      default:
        return [[keyword, value]]
    }
  })
  return Object.fromEntries(entries)
}

const MAPS = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])
const VALUES = new Set(['enum', 'const', 'default', 'examples'])
const REACHED: ReadonlySet<string> = new Set([
  'properties',
  'additionalProperties',
  'items',
  ...ALTERNATIVES,
])

/** Says of every `secret` in a schema that would not be kept as one why not, and what would be legal. */
export function misplacedSecrets(
  schema: JsonObject,
  at: IssuePath,
  where: { readonly legal: boolean },
): readonly Issue[] {
  return misplacedIn(schema, { at, reason: where.legal ? null : NOT_HERE })
}

const NOT_HERE =
  "nothing is kept secret here: mark it in the workflow's `input`, or a tool's `input` or `output`"

function misplacedIn(
  schema: Json,
  place: { readonly at: IssuePath; readonly reason: string | null },
): readonly Issue[] {
  const { at } = place
  if (isJsonList(schema)) {
    return schema.flatMap((each, index) => misplacedIn(each, { ...place, at: [...at, index] }))
  }
  if (!isJsonObject(schema)) return []
  const wrong = wrongSecret(schema, place.reason)
  const here = wrong === null ? [] : [errorAt([...at, 'secret'], wrong)]
  const below = Object.entries(schema).flatMap(([keyword, value]): readonly Issue[] => {
    if (VALUES.has(keyword) || keyword === 'secret') return []
    const unreached = `a secret is not looked for below \`${keyword}\`: mark it in \`properties\`, \`items\` or \`additionalProperties\``
    const reason = place.reason ?? (REACHED.has(keyword) ? null : unreached)
    const under = { at: [...at, keyword], reason }
    if (!MAPS.has(keyword)) return misplacedIn(value, under)
    return Object.entries(isJsonObject(value) ? value : {}).flatMap(([name, member]) =>
      misplacedIn(member, { ...under, at: [...under.at, name] }),
    )
  })
  return [...here, ...below]
}

function wrongSecret(schema: JsonObject, reason: string | null): string | null {
  const secret = ownValue(schema, 'secret')
  if (secret === undefined || secret === false) return null
  if (secret !== true) return `\`secret\` is true or false, not ${JSON.stringify(secret)}`
  if (reason !== null) return reason
  const { type = null } = schema
  const types = isJsonList(type) ? type.filter((each) => each !== 'null') : [type]
  if (types.length === 1 && types[0] === 'string') return null
  return `only a text can be secret: write type: string, not ${JSON.stringify(type)}`
}

function objectAt(schema: JsonObject, keyword: string): JsonObject {
  const value = ownValue(schema, keyword)
  return isJsonObject(value) ? value : {}
}

function listAt(schema: JsonObject, keyword: string): readonly Json[] {
  const value = ownValue(schema, keyword) ?? null
  return isJsonList(value) ? value : []
}
