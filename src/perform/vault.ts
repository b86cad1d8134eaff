import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { Json } from '../core/spec/json.ts'
import { isReference, mapSecrets, type SecretFields } from '../core/spec/secret-fields.ts'
import type { Store } from '../store/store.ts'
import { createScrubber, type Scrubber } from './scrubber.ts'

/*
 * A run's secrets (Law 17). Plain values go in at the run's borders and references come out; the
 * plain values are kept encrypted beside the log. A reference means something only in the run that
 * it was made in: one that somebody read elsewhere opens nothing here.
 */

/** A key as it is used: one half makes references, the other encrypts. */
export interface VaultKey {
  readonly reference: Buffer
  readonly box: Buffer
}

/** The bytes that a key has. */
export const KEY_BYTES = 32

/** Derives both halves from 32 bytes. */
export function createVaultKey(bytes: Uint8Array): VaultKey {
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', bytes, new Uint8Array(), `lockstep ${use}`, KEY_BYTES))
  return { reference: derive('secret reference'), box: derive('secret box') }
}

/** What a call's arguments are in plain, or which of its references cannot be read. */
export type Revealed =
  | { readonly ok: true; readonly args: Json }
  | { readonly ok: false; readonly message: string }

export interface Vault {
  /** Learns what was kept of the run, and of the run that it was forked from. */
  load(run: string, forkedFrom: string | null): Promise<void>
  /** References in the place of secrets; what is a reference already stays. */
  hide(value: Json, fields: SecretFields | null): Json
  /** Plain values in the place of references, at these places alone. */
  reveal(args: Json, fields: SecretFields): Revealed
  /** Finds every known secret in texts. */
  readonly scrubber: Scrubber
  /** Keeps what was hidden since; to be awaited before the event that names it is committed. */
  save(): Promise<void>
}

interface VaultOptions {
  readonly store: Pick<Store, 'saveSecret' | 'readSecrets'>
  /** The first hides; all of them reveal. */
  readonly keys: readonly [VaultKey, ...VaultKey[]]
}

/** Opens the vault of one run; empty until `load`. */
export function createVault({ store, keys }: VaultOptions): Vault {
  const [key] = keys
  const plainOf = new Map<string, string>()
  /** By plain text: under an older key too, so that equal secrets stay equal in a run. */
  const referenceOf = new Map<string, string>()
  const scrubber = createScrubber(referenceOf)
  let unsaved: string[] = []
  let run = ''
  const learn = (reference: string, plain: string): void => {
    plainOf.set(reference, plain)
    if (!referenceOf.has(plain)) referenceOf.set(plain, reference)
  }
  const hideOne = (secret: Json): Json => {
    if (isReference(secret)) return secret
    const plain = typeof secret === 'string' ? secret : JSON.stringify(secret)
    const known = referenceOf.get(plain)
    if (known !== undefined) return known
    const reference = toReference(key, plain)
    learn(reference, plain)
    unsaved.push(reference)
    return reference
  }
  const load = async (from: string): Promise<readonly string[]> => {
    const learnt: string[] = []
    for (const { reference, box } of await store.readSecrets(from)) {
      if (plainOf.has(reference)) continue
      const plain = openBox(keys, { run: from, reference, box })
      if (plain === null) continue
      learn(reference, plain)
      learnt.push(reference)
    }
    return learnt
  }
  return {
    scrubber,
    async load(id, forkedFrom) {
      run = id
      await load(id)
      // A fork keeps its own: the run that it was made of need not outlive it.
      if (forkedFrom !== null) unsaved.push(...(await load(forkedFrom)))
    },
    hide: (value, fields) => (fields === null ? value : mapSecrets(value, fields, hideOne)),
    reveal(args, fields) {
      const unreadable: string[] = []
      const plain = mapSecrets(args, fields, (secret, path) => {
        const found = isReference(secret) ? plainOf.get(secret) : undefined
        if (found === undefined) unreadable.push(path === '' ? 'the arguments' : path)
        return found ?? null
      })
      if (unreadable.length === 0) return { ok: true, args: plain }
      const message = `no secret can be read at ${unreadable.join(', ')}: it is not of this run, or was kept under another key`
      return { ok: false, message }
    },
    async save() {
      const saving = unsaved
      if (saving.length === 0) return
      unsaved = []
      const boxes = saving.map((reference) => {
        const box = toBox(key, { run, reference, plain: plainOf.get(reference) ?? '' })
        return store.saveSecret({ run, reference, box })
      })
      await Promise.all(boxes)
    },
  }
}

const REFERENCE_CHARS = 22

function toReference(key: VaultKey, plain: string): string {
  const hash = createHmac('sha256', key.reference).update(plain, 'utf8').digest('base64url')
  return `secret:${hash.slice(0, REFERENCE_CHARS)}`
}

/*
 * A box: the version of its form, the nonce, the seal, the encrypted text. It opens only as what it
 * was made for: this reference in this run.
 */
const FORM = 1
const NONCE_BYTES = 12
const SEAL_BYTES = 16
const CIPHER = 'aes-256-gcm'

interface Kept {
  readonly run: string
  readonly reference: string
}

function purposeOf({ run, reference }: Kept): Buffer {
  return Buffer.from(JSON.stringify([run, reference]))
}

function toBox(key: VaultKey, kept: Kept & { readonly plain: string }): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.box, nonce)
  cipher.setAAD(purposeOf(kept))
  const hidden = Buffer.concat([cipher.update(kept.plain, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(FORM), nonce, cipher.getAuthTag(), hidden])
}

/** The plain text; null when none of the keys made the box, or it is not for this. */
function openBox(keys: readonly VaultKey[], kept: Kept & { readonly box: Uint8Array }): string | null {
  const { box } = kept
  const start = 1 + NONCE_BYTES + SEAL_BYTES
  if (box[0] !== FORM || box.length < start) return null
  for (const key of keys) {
    try {
      const decipher = createDecipheriv(CIPHER, key.box, box.subarray(1, 1 + NONCE_BYTES))
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
