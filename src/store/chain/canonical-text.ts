import { canonicalJson, type Json } from '../../core/spec/json.ts'

/** Short texts in which nothing needs an escape. */
const PLAIN = /^[ !#-[\]-~]{0,64}$/
/** Up to so many keys, sorting them in place costs less than calling a sort. */
const FEW = 16

/**
 * Canonical JSON (as `canonicalJson`) of what `JSON.stringify` keeps of a value: members that are
 * undefined are left out, NaN is null. It is written for every event that is stored, so it neither
 * builds nor parses anything on its way. Undefined where `JSON.stringify` gives nothing.
 */
export function canonicalOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return Number.isFinite(value) ? `${value}` : 'null'
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return list(value)
      return isPlain(value) ? members(value) : roundTrip(value)
    default:
      return undefined
  }
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

function list(values: readonly unknown[]): string {
  let text = ''
  for (const value of values) text += `${text === '' ? '' : ','}${canonicalOf(value) ?? 'null'}`
  return `[${text}]`
}

function members(value: Plain): string {
  let text = ''
  for (const key of sortedKeys(value)) {
    const member = canonicalOf(value[key])
    if (member !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${member}`
  }
  return `{${text}}`
}

/** By UTF-16 code units, as RFC 8785 sorts. */
function sortedKeys(value: Plain): readonly string[] {
  const keys = Object.keys(value)
  if (keys.length > FEW) return keys.toSorted()
  for (let at = 1; at < keys.length; at++) {
    const key = keys[at] ?? ''
    let to = at
    for (let before = keys[to - 1]; before !== undefined && before > key; before = keys[to - 1]) {
      keys[to] = before
      to--
    }
    keys[to] = key
  }
  return keys
}

type Plain = Readonly<Record<string, unknown>>

/** True for what JSON.stringify writes member by member; not for dates and other classes. */
function isPlain(value: object): value is Plain {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value)
}

function roundTrip(value: object): string | undefined {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) return undefined
  const read: Json = JSON.parse(text)
  return canonicalJson(read)
}
