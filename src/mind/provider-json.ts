import type { Json, JsonObject } from '../core/spec/json.ts'
import type { JSONObject, JSONSchema7, JSONValue, SharedV4ProviderOptions } from '@ai-sdk/provider'

import { isJsonObject } from '../core/spec/json.ts'

/**
 * Copies our read-only JSON into the mutable JSON that the AI SDK's types ask for. Own properties
 * only, key order kept, so that the same value always gives the same bytes (Law 12).
 */
export function toProviderJson(value: Json): JSONValue {
  if (value === null || typeof value !== 'object') return value
  if (isJsonObject(value)) return toProviderObject(value)
  return value.map(toProviderJson)
}

/** `toProviderJson` of an object. */
export function toProviderObject(value: JsonObject): JSONObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toProviderJson(item)]))
}

/**
 * Reads what a provider handed us as JSON: what JSON cannot hold (undefined, functions, NaN) is
 * left out of objects and null in lists; undefined when nothing is left.
 */
export function fromProviderJson(value: unknown): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (Array.isArray(value)) return value.map((item) => fromProviderJson(item) ?? null)
  return isJsonObject(value) ? fromProviderObject(value) : undefined
}

/** `fromProviderJson` of an object, e.g. of `providerMetadata`. */
export function fromProviderObject(value: object): JsonObject {
  const entries: [string, Json][] = []
  for (const [key, item] of Object.entries(value)) {
    const read = fromProviderJson(item)
    if (read !== undefined) entries.push([key, read])
  }
  return Object.fromEntries(entries)
}

/** Options by provider as the AI SDK takes them; members that are no objects are left out. */
export function toProviderOptions(
  options: Readonly<Record<string, Json>>,
): SharedV4ProviderOptions {
  const entries: [string, JSONObject][] = []
  for (const [provider, value] of Object.entries(options)) {
    if (isJsonObject(value)) entries.push([provider, toProviderObject(value)])
  }
  return Object.fromEntries(entries)
}

/**
 * True for a JSON Schema document that may be sent; ours were compiled with the workflow, so that
 * being an object is all that is left to see.
 */
export function isProviderSchema(value: unknown): value is JSONSchema7 {
  return isJsonObject(value)
}
