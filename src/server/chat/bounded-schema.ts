import { isJsonObject, ownValue, type Json, type JsonObject } from '../../core/spec/json.ts'

/*
 * JSON Schemas that a request brings are run by the server over what a model writes. What could hold
 * it up (a pattern that backtracks, references that multiply) is told to the model and not run.
 */

const MAX_PATTERN = 200
const MAX_OPTIONAL = 4
const MAX_GROUPS = 3
/** About two seconds of compiling. */
const MAX_COST = 10_000

/**
 * A schema that is safe to check with: patterns that may backtrack become words of the description.
 * Null where checking it could take for ever.
 */
export function boundedSchema(schema: JsonObject): JsonObject | null {
  const named = ownValue(schema, '$id') === undefined ? schema : without(schema, '$id')
  const bounded = withoutSlowPatterns(named)
  return isJsonObject(bounded) && areAffordable([bounded]) ? bounded : null
}

/** True for schemas that one request may bring together. */
export function areAffordable(schemas: readonly JsonObject[]): boolean {
  return sum(schemas.map((root) => cost(root, { root, known: new Map() }))) <= MAX_COST
}

function without(schema: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key))
}

/**
 * Whatever a member is called and wherever it stands: a reference may lead anywhere, and a property
 * may have a keyword's name.
 */
function withoutSlowPatterns(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSlowPatterns)
  if (!isJsonObject(value)) return value
  const told: string[] = []
  const members = Object.entries(value).flatMap(([key, member]): readonly [string, Json][] => {
    if (key === 'pattern' && typeof member === 'string' && !isLinear(member)) {
      told.push(`matches ${member}`)
      return []
    }
    if (key === 'patternProperties' && isJsonObject(member)) {
      const kept = Object.entries(member).filter(([pattern]) => isLinear(pattern))
      return [[key, withoutSlowPatterns(Object.fromEntries(kept))]]
    }
    return [[key, withoutSlowPatterns(member)]]
  })
  if (told.length === 0) return Object.fromEntries(members)
  const { description } = value
  const words = typeof description === 'string' ? [description, ...told] : told
  return { ...Object.fromEntries(members), description: words.join('; ') }
}

/**
 * True for a pattern that is surely quick: begins at the start, repeats without end at most once, has
 * few choices, and repeats no group, refers back to nothing and looks around nowhere.
 */
export function isLinear(pattern: string): boolean {
  if (pattern.length > MAX_PATTERN) return false
  const bare = pattern.replaceAll(/\\[^1-9k]/g, 'x').replaceAll(/\[[^\]]*\]/g, 'x')
  if (/\\|\(\?[^:]|\)[*+{?]/.test(bare) || !hasFewChoices(bare)) return false
  const repeats = (bare.match(/[*+]|\{\d+,\d*\}/g) ?? []).length
  return repeats === 0 || (repeats === 1 && bare.startsWith('^') && !bare.includes('|'))
}

/** Each choice may double the ways in which a text is tried. */
function hasFewChoices(bare: string): boolean {
  const plain = bare.replaceAll('(?:', '(')
  const optional = (plain.match(/(?<![*+?}])\?/g) ?? []).length
  if (optional > MAX_OPTIONAL) return false
  if (!plain.includes('|')) return true
  const groups = plain.split('(').length - 1
  return groups <= 1 || (groups <= MAX_GROUPS && plain.startsWith('^'))
}

interface Costing {
  readonly root: JsonObject
  /** By reference; one that is being counted costs nothing more. */
  readonly known: Map<string, number>
}

/** How many schemas are looked at at most for one value, references followed. */
function cost(value: Json, on: Costing): number {
  if (Array.isArray(value)) return sum(value.map((each) => cost(each, on)))
  if (!isJsonObject(value)) return 0
  const below = Object.entries(value).map(([key, member]) =>
    // Those of the root count where they are referred to.
    value === on.root && (key === '$defs' || key === 'definitions') ? 0 : cost(member, on),
  )
  const refs = [ownValue(value, '$ref'), ownValue(value, '$dynamicRef')]
  const led = refs.map((ref) => (typeof ref === 'string' ? costOfRef(ref, on) : 0))
  return 1 + sum(below) + sum(led)
}

function costOfRef(ref: string, on: Costing): number {
  const known = on.known.get(ref)
  if (known !== undefined) return known
  on.known.set(ref, 0)
  const target = targetOf(ref, on.root)
  const counted = target === undefined ? 0 : cost(target, on)
  on.known.set(ref, counted)
  return counted
}

/** By a pointer one place; by any other name it may be any, so that all of them count. */
function targetOf(ref: string, root: JsonObject): Json | undefined {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return Object.values(root)
  const keys = decoded(ref).split('/').slice(1)
  return keys.reduce<Json | undefined>(
    (at, key) => (isJsonObject(at) || Array.isArray(at) ? member(at, key) : undefined),
    root,
  )
}

function decoded(ref: string): string {
  try {
    return decodeURIComponent(ref)
  } catch {
    return ref
  }
}

function member(at: Json, key: string): Json | undefined {
  const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
  if (Array.isArray(at)) return at[Number(name)]
  return isJsonObject(at) ? ownValue(at, name) : undefined
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => Math.min(total + each, Number.MAX_SAFE_INTEGER), 0)
}
