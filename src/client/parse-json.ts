import type { Json } from '../core/spec/json.ts'

/** Reads JSON of a server; undefined for what is none, since a server may send anything. */
export function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
