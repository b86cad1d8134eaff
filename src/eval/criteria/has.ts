import { isJsonObject, jsonEquals, ownValue, type Json } from '../../core/spec/json.ts'

/** True when a value holds another: objects at least these members, at any depth; lists item by item. */
export function has(value: Json, part: Json): boolean {
  if (isJsonObject(part)) {
    if (!isJsonObject(value)) return false
    return Object.entries(part).every(([key, wanted]) => {
      const member = ownValue(value, key)
      return member !== undefined && has(member, wanted)
    })
  }
  if (isList(part) && isList(value)) {
    return (
      part.length === value.length && part.every((each, index) => has(value[index] ?? null, each))
    )
  }
  return jsonEquals(value, part)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
