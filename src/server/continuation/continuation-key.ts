import { createHash, randomBytes } from 'node:crypto'

/** A key of continuations; `id` is the `kid` by which a token names it. */
export interface ContinuationKey {
  readonly id: string
  readonly secret: Uint8Array
}

const BYTES = 32

/**
 * Reads a key as `openssl rand -base64 32` writes it, in base64 or hex; null for anything else. Its
 * id is made of the key, so that every machine calls it the same.
 */
export function readContinuationKey(text: string): ContinuationKey | null {
  const trimmed = text.trim()
  const encoding = /^[0-9a-f]{64}$/i.test(trimmed) ? 'hex' : 'base64'
  const secret = new Uint8Array(Buffer.from(trimmed, encoding))
  return secret.length === BYTES ? withId(secret) : null
}

/** A key that lives as long as this process: for one machine, and for tests. */
export function newContinuationKey(): ContinuationKey {
  return withId(new Uint8Array(randomBytes(BYTES)))
}

function withId(secret: Uint8Array): ContinuationKey {
  const id = createHash('sha256').update('lockstep continuation key').update(secret).digest('hex')
  return { id: id.slice(0, 16), secret }
}
