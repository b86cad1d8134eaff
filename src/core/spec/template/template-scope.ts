import { isJsonObject, ownValue, type Json, type JsonObject } from '../json.ts'
import { isJsonList } from '../path/json-path-select.ts'

/** Where a template reads names, nearest first: the first that owns a name gives its value. */
export type Scopes = readonly JsonObject[]

const INDEX = /^(?:0|[1-9]\d{0,15})$/

/** Finds a dotted name by own properties and list indexes; undefined when it leads nowhere. */
export function findName(scopes: Scopes, names: readonly string[]): Json | undefined {
  const [root = '', ...rest] = names
  const owner = scopes.find((scope) => Object.hasOwn(scope, root))
  let value: Json | undefined = owner === undefined ? undefined : owner[root]
  for (const name of rest) {
    if (isJsonList(value)) value = INDEX.test(name) ? value[Number(name)] : undefined
    else value = isJsonObject(value) ? ownValue(value, name) : undefined
  }
  return value
}

/** The names that scopes own, without those that only a loop has. */
export function knownNames(scopes: Scopes): readonly string[] {
  const names = scopes.flatMap((scope) => Object.keys(scope))
  return [...new Set(names)].filter((name) => name !== 'this' && name !== '@index')
}
