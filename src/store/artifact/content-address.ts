import { createHash } from 'node:crypto'
import { ArtifactStoreError } from './artifact-store.ts'

const PREFIX = 'sha256:'
const DIGEST = /^sha256:[0-9a-f]{64}$/
const HEX = /^[0-9a-f]{64}$/

/**
 * The hex digits of a digest that came from outside, the only part of it that ever becomes the name
 * of a file or an object. Throws `bad_name` for anything but `sha256:` and 64 lower-case hex digits.
 */
export function toHex(digest: unknown): string {
  if (typeof digest === 'string' && isDigest(digest)) return digest.slice(PREFIX.length)
  const shown = typeof digest === 'string' ? JSON.stringify(digest.slice(0, 80)) : typeof digest
  throw new ArtifactStoreError(
    'bad_name',
    `${shown} is no digest; one is sha256: and 64 lower-case hex digits`,
  )
}

/** True for `sha256:` and 64 lower-case hex digits. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

/** The digest that hex digits stand for. */
export function toDigest(hex: string): string {
  return `${PREFIX}${hex}`
}

/** True for the 64 lower-case hex digits of a SHA-256. */
export function isHex(text: string): boolean {
  return HEX.test(text)
}

/** The SHA-256 of bytes, in hex. */
export function hexOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex')
}
