import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { KeptSecret } from '../../store/store.ts'

/*
 * The cryptography of secrets (Law 17): references, which are a keyed hash of the plain text, and
 * boxes: the version of their form, a nonce, a seal, the encrypted text.
 */

/** A key as it is used: one half makes references, the other encrypts. */
export interface VaultKey {
  readonly reference: Buffer
  readonly box: Buffer
}

/** How many bytes a key has. */
export const KEY_BYTES = 32

/** Derives both halves from 32 bytes. */
export function createVaultKey(bytes: Uint8Array): VaultKey {
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', bytes, new Uint8Array(), `lockstep ${use}`, KEY_BYTES))
  return { reference: derive('secret reference'), box: derive('secret box') }
}

const REFERENCE_CHARS = 22

/** What stands for a plain text in the log: the same for the same text, and no way back without the key. */
export function toReference(key: VaultKey, plain: string): string {
  const hash = createHmac('sha256', key.reference).update(plain, 'utf8').digest('base64url')
  return `secret:${hash.slice(0, REFERENCE_CHARS)}`
}

const FORM = 1
const NONCE_BYTES = 12
const SEAL_BYTES = 16
const CIPHER = 'aes-256-gcm'

type Named = Pick<KeptSecret, 'run' | 'reference'>

/** Encrypts a plain text for one reference in one run: as nothing else does the box open. */
export function sealBox(key: VaultKey, secret: Named & { readonly plain: string }): KeptSecret {
  const { run, reference, plain } = secret
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.box, nonce, { authTagLength: SEAL_BYTES })
  cipher.setAAD(purposeOf(secret))
  const hidden = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  const box = Buffer.concat([Buffer.of(FORM), nonce, cipher.getAuthTag(), hidden])
  return { run, reference, box }
}

/** The plain text; null when none of the keys made the box, or it is of something else. */
export function openBox(keys: readonly VaultKey[], kept: KeptSecret): string | null {
  const { box } = kept
  const start = 1 + NONCE_BYTES + SEAL_BYTES
  if (box[0] !== FORM || box.length < start) return null
  for (const key of keys) {
    try {
      const nonce = box.subarray(1, 1 + NONCE_BYTES)
      const decipher = createDecipheriv(CIPHER, key.box, nonce, { authTagLength: SEAL_BYTES })
      decipher.setAAD(purposeOf(kept))
      decipher.setAuthTag(box.subarray(1 + NONCE_BYTES, start))
      const plain = Buffer.concat([decipher.update(box.subarray(start)), decipher.final()])
      return plain.toString('utf8')
    } catch {
      // Another key's: the next one may open it.
    }
  }
  return null
}

function purposeOf({ run, reference }: Named): Buffer {
  return Buffer.from(JSON.stringify([run, reference]))
}
