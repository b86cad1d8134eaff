import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { canonicalJson } from '../../core/spec/json.ts'

/*
 * Seals: an Ed25519 signature over where a log ended and the hash of its chain there. Who can write
 * to the store could make a whole new chain; without the key nobody makes a seal for it.
 */

/** The end of a log: its last event's number and hash. */
export interface LogEnd {
  readonly run: string
  readonly seq: number
  /** Hex, as chain.ts makes it. */
  readonly hash: string
}

/** A signed end of a log. */
export interface Seal extends LogEnd {
  /** Base64. */
  readonly signature: string
  /** The signer's public key, SPKI in base64; a claim until it is compared with a known one. */
  readonly publicKey: string
}

/** Signs the end of a log; the same end gives the same seal. */
export type Signer = (end: LogEnd) => Seal

/** A key that cannot be used; the message says what is wrong with it. */
export class KeyError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'KeyError'
  }
}

/** Makes a signer of an Ed25519 private key in PEM. Throws a KeyError. */
export function createSigner(pem: string): Signer {
  const key = readKey(pem, createPrivateKey)
  const publicKey = spki(createPublicKey(key))
  return ({ run, seq, hash }) => ({
    run,
    seq,
    hash,
    signature: sign(null, sealedBytes({ run, seq, hash }), key).toString('base64'),
    publicKey,
  })
}

/** Reads an Ed25519 public key in PEM as seals name it. Throws a KeyError; a private key is refused. */
export function readPublicKey(pem: string): string {
  if (pem.includes('PRIVATE KEY')) {
    throw new KeyError('it is a private key; give the public one, and keep this one to yourself')
  }
  return spki(readKey(pem, createPublicKey))
}

/** True when the seal's own public key signed exactly this end of this run. */
export function isSignedByItsKey(seal: Seal): boolean {
  try {
    const der = Buffer.from(seal.publicKey, 'base64')
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    return verify(null, sealedBytes(seal), key, Buffer.from(seal.signature, 'base64'))
  } catch {
    return false
  }
}

function sealedBytes({ run, seq, hash }: LogEnd): Buffer {
  return Buffer.from(`lockstep seal 1\n${canonicalJson({ run, seq, hash })}`)
}

function spki(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}

function readKey(pem: string, read: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject
  try {
    key = read(pem)
  } catch (error) {
    throw new KeyError('it is no key in PEM form', { cause: error })
  }
  if (key.asymmetricKeyType === 'ed25519') return key
  throw new KeyError(`it is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`)
}
