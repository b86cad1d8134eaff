/*
 * What a kept run's pending call is named towards a chat client: clients echo a call's id unchanged,
 * and it is all that they echo. It says where the call waits and nothing else; that the run is the
 * caller's, and that the call waits, is looked up.
 */

const PREFIX = 'lsc_'

/** Where a call waits. */
export interface CallReference {
  readonly run: string
  readonly call: string
}

/** Letters, digits, `-` and `_` only. */
export function encodeCall({ run, call }: CallReference): string {
  return PREFIX + Buffer.from(JSON.stringify([run, call])).toString('base64url')
}

/** Reads what `encodeCall` wrote; null for any other id. Total. */
export function decodeCall(id: string): CallReference | null {
  if (!id.startsWith(PREFIX)) return null
  try {
    const value: unknown = JSON.parse(
      Buffer.from(id.slice(PREFIX.length), 'base64url').toString('utf8'),
    )
    if (!Array.isArray(value) || value.length !== 2) return null
    const [run, call]: readonly unknown[] = value
    if (typeof run !== 'string' || typeof call !== 'string') return null
    return encodeCall({ run, call }) === id ? { run, call } : null
  } catch {
    return null
  }
}
