import { isJsonObject, ownValue, type Json, type JsonObject } from '../../spec/json.ts'
import type { PlanHandoff } from '../../spec/plan.ts'
import {
  contextsOf,
  factsOf,
  leavesOf,
  proseOf,
  valuesAt,
  type Sources,
} from './handoff-sources.ts'

/*
 * The fields that the workflow's own schema adds. The workflow's paths fill them first; then the
 * model's words, but for numbers and ids: those must be ones that a tool returned or a person wrote.
 */

/** The fields that are known, and the required ones that are not. */
export interface Fields {
  readonly fields: JsonObject
  /** Each with what is wrong with it, where it was given and does not count. */
  readonly missing: readonly string[]
}

/** Fills the fields of the workflow's schema (S2.11). */
export function fieldsOf(sources: Sources): Fields {
  const { handoff } = sources
  if (handoff === null || handoff.schema === null) return { fields: {}, missing: [] }
  const known = new Map<string, Json>()
  const invented = new Set<string>()
  const contexts = contextsOf(sources, { output: true })
  const prose = proseOf(sources)
  let grounds: ReadonlySet<string> | null = null
  for (const name of fieldNames(handoff.schema.schema)) {
    const path = handoff.fields.get(name)
    const values = path === undefined ? [] : valuesAt(path, contexts)
    const [first] = values
    if (path !== undefined && first !== undefined) {
      known.set(name, path.singular ? first : values)
      continue
    }
    const own = ownValue(prose, name)
    if (own === undefined || own === null || own === '') continue
    grounds ??= groundsOf(sources)
    if (isGrounded(name, own, grounds)) known.set(name, own)
    else invented.add(name)
  }
  const fields = Object.fromEntries(known)
  const why = 'it must be one that a tool returned or the user wrote'
  const missing = missingFields(handoff, fields).map((each) =>
    invented.has(each) ? `${each} (${why})` : each,
  )
  return { fields, missing }
}

/** What the workflow's schema still asks for: names of required fields, then what is wrong with others. */
export function missingFields(handoff: PlanHandoff | null, fields: JsonObject): readonly string[] {
  const schema = handoff?.schema ?? null
  if (schema === null) return []
  const absent = requiredOf(schema.schema).filter((name) => !Object.hasOwn(fields, name))
  const wrong = (schema.check(fields) ?? '')
    .split('; ')
    .filter((each) => each !== '' && !each.startsWith('must have required property'))
  return [...absent, ...wrong.map((each) => `fields: ${each}`)]
}

function fieldNames(schema: JsonObject): readonly string[] {
  const { properties } = schema
  const named = isJsonObject(properties) ? Object.keys(properties) : []
  return [...new Set([...named, ...requiredOf(schema)])]
}

function requiredOf({ required }: JsonObject): readonly string[] {
  const names = Array.isArray(required) ? [...required] : []
  return names.filter((name): name is string => typeof name === 'string')
}

const TOKENS = /[\p{L}\p{N}_#.-]+/gu

/** What a number or an id may be: the scalars of results and inputs, and the words that the user wrote. */
function groundsOf(sources: Sources): ReadonlySet<string> {
  const { state, branches } = sources
  const inputs = branches.filter((branch) => branch.trusted).map((branch) => branch.input)
  const stated = Object.values(state.user).map(({ latest = null }) => latest)
  const values = [...factsOf(sources).map((fact) => fact.output), ...inputs, ...stated]
  const scalars = [...values, state.session].flatMap(leavesOf).map(({ value }) => `${value}`)
  const words = state.said.flatMap(({ text }) => text.match(TOKENS) ?? [])
  const trimmed = words.map((word) => word.replace(/^[#.-]+|[.-]+$/g, ''))
  return new Set([...scalars, ...words, ...trimmed])
}

function isGrounded(name: string, value: Json, grounds: ReadonlySet<string>): boolean {
  return leavesOf(value).every((leaf) => {
    const key = [name, ...leaf.path].findLast((each) => !/^\d+$/.test(each)) ?? name
    if (typeof leaf.value === 'number') return grounds.has(`${leaf.value}`)
    if (typeof leaf.value !== 'string') return true
    return !/(?:^|_)ids?$|Ids?$/.test(key) || grounds.has(leaf.value)
  })
}
