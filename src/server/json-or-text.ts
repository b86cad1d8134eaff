import type { Json } from '../core/spec/json.ts'
import { readJson } from '../core/spec/read-json.ts'

/**
 * What a text says as JSON that a log can keep (Law 9); any other stays the text that it is: no JSON
 * at all, a number that JSON has no word for, `__proto__`, or levels without end. Total.
 */
export function jsonOrText(text: string): Json {
  try {
    const read = readJson(JSON.parse(text))
    return read.ok ? read.value : text
  } catch {
    return text
  }
}
