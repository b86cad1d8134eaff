import { isJsonObject, ownValue, type Json, type JsonObject } from '../../core/spec/json.ts'

/*
 * JSON Schemas that a request brings are run by the server over what a model writes. What could hold
 * it up (a pattern that backtracks, references that multiply) is told to the model and not run.
 */

/** Where no schema stands, whatever it looks like. */
const VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'example', 'examples'])
const MAX_PATTERN = 200
const MAX_COST = 20_000

/**
 * A schema that is safe to check with: patterns that may backtrack become words of the description.
 * Null where checking it could take for ever.
 */
export function boundedSchema(schema: JsonObject): JsonObject | null {
  const named = ownValue(schema, '$id') === undefined ? schema : without(schema, '$id')
  const bounded = withoutSlowPatterns(named)
  return isJsonObject(bounded) && cost(bounded, { root: bounded, known: new Map() }) <= MAX_COST
    ? bounded
    : null
}

function without(schema: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key))
}

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
      return [
        [key, Object.fromEntries(kept.map(([name, each]) => [name, withoutSlowPatterns(each)]))],
      ]
    }
    return [[key, VALUES.has(key) ? member : withoutSlowPatterns(member)]]
  })
  if (told.length === 0) return Object.fromEntries(members)
  const { description } = value
  const words = typeof description === 'string' ? [description, ...told] : told
  return { ...Object.fromEntries(members), description: words.join('; ') }
}

/**
 * True for a pattern that is surely quick: begins at the start, repeats without end at most once,
 * and repeats no group, refers back to nothing and looks around nowhere.
 */
export function isLinear(pattern: string): boolean {
  if (pattern.length > MAX_PATTERN) return false
  const bare = pattern.replaceAll(/\\[^1-9k]/g, 'x').replaceAll(/\[[^\]]*\]/g, 'x')
  if (/\\|\(\?[^:]|\)[*+{?]/.test(bare)) return false
  const repeats = (bare.match(/[*+]|\{\d+,\d*\}/g) ?? []).length
  return repeats === 0 || (repeats === 1 && bare.startsWith('^') && !bare.includes('|'))
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
    key === '$defs' || key === 'definitions' || VALUES.has(key) ? 0 : cost(member, on),
  )
  const ref = ownValue(value, '$ref') ?? ownValue(value, '$dynamicRef')
  return 1 + sum(below) + (typeof ref === 'string' ? costOfRef(ref, on) : 0)
}

function costOfRef(ref: string, on: Costing): number {
  const known = on.known.get(ref)
  if (known !== undefined) return known
  on.known.set(ref, 0)
  const path = ref.split('/').slice(1)
  const target = path.reduce<Json | undefined>(
    (at, key) => (isJsonObject(at) || Array.isArray(at) ? member(at, key) : undefined),
    on.root,
  )
  const counted = target === undefined ? 0 : cost(target, on)
  on.known.set(ref, counted)
  return counted
}

function member(at: Json, key: string): Json | undefined {
  const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
  if (Array.isArray(at)) return at[Number(name)]
  return isJsonObject(at) ? ownValue(at, name) : undefined
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => Math.min(total + each, Number.MAX_SAFE_INTEGER), 0)
}
