import { isJsonObject, ownValue, type Json } from '../spec/json.ts'

/*
 * The one way in which a call names what the run already has (S4.33): an artifact, a tool's result, a
 * slot. A text is a reference only as a whole; with anything around it, it is a text.
 */

/** What a reference names; `pointer` is the way into it (RFC 6901), `call` and `version` null for the newest. */
export type Reference =
  | { readonly kind: 'artifact'; readonly name: string; readonly version: number | null }
  | {
      readonly kind: 'tool'
      readonly name: string
      readonly call: string | null
      readonly pointer: readonly string[]
    }
  | { readonly kind: 'slot'; readonly name: string; readonly pointer: readonly string[] }

/** The content of an artifact that a call is handed when it runs: where among its arguments, and which. */
export interface HandedArtifact {
  /** JSON Pointer (RFC 6901) into the arguments. */
  readonly at: string
  /** What stands there until then. */
  readonly ref: string
  readonly digest: string
}

/** How references are written, for messages and guides. */
export const REFERENCE_FORMS =
  'ref:artifact/NAME, ref:artifact/NAME@VERSION, ref:tool/NAME, ref:tool/NAME#CALL, ref:slot/NAME; the last three may go on with :/MEMBER/0'

const MAX_CHARACTERS = 2_000

// The plural is a slip, and no text that anybody means to send.
const CLAIM = /^ref:(?:artifact|tool|slot)s?\/\S*$/
const NAME = '([A-Za-z0-9][A-Za-z0-9._-]{0,127})'
const POINTER = '(?::(\\/\\S*))?'
const ARTIFACT = new RegExp(`^ref:artifact\\/${NAME}(?:@([1-9]\\d{0,8}))?$`)
const TOOL = new RegExp(`^ref:tool\\/${NAME}(?:#(\\S+?))?${POINTER}$`)
const SLOT = new RegExp(`^ref:slot\\/${NAME}${POINTER}$`)

/** True for a text that can only be meant as a reference, well written or not. Linear, and total. */
export function isReferenceClaim(value: Json): value is string {
  return typeof value === 'string' && value.startsWith('ref:') && CLAIM.test(value)
}

/** Reads a reference; null for a text that is none. Total. */
export function readReference(text: string): Reference | null {
  if (text.length > MAX_CHARACTERS) return null
  const artifact = ARTIFACT.exec(text)
  if (artifact !== null) {
    const [, name = '', version] = artifact
    return { kind: 'artifact', name, version: version === undefined ? null : Number(version) }
  }
  const tool = TOOL.exec(text)
  if (tool !== null) {
    const [, name = '', call = null, way = ''] = tool
    const pointer = readPointer(way)
    return pointer === null ? null : { kind: 'tool', name, call, pointer }
  }
  const slot = SLOT.exec(text)
  const [, name = '', way = ''] = slot ?? []
  const pointer = readPointer(way)
  return slot === null || pointer === null ? null : { kind: 'slot', name, pointer }
}

/** True when some text among the arguments claims to be a reference. One pass over them; total. */
export function holdsReferences(args: Json): boolean {
  const open: Json[] = [args]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isReferenceClaim(next)) return true
    if (typeof next !== 'object' || next === null) continue
    // No spread: a list may be longer than a call takes arguments.
    for (const member of isJsonObject(next) ? Object.values(next) : next) open.push(member)
  }
  return false
}

/** A JSON Pointer (RFC 6901) as the names on its way; null for a text that is none. */
export function readPointer(text: string): readonly string[] | null {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return null
  const names = text.slice(1).split('/')
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Writes the names of a way as a JSON Pointer. */
export function toPointer(names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The member of that name, or item of that number, of a value: own members only; undefined where there is none. */
export function memberAt(value: Json, name: string): Json | undefined {
  if (isJsonObject(value)) return ownValue(value, name)
  if (!Array.isArray(value) || !/^(?:0|[1-9]\d{0,8})$/.test(name)) return undefined
  const item: Json | undefined = value[Number(name)]
  return item
}
