import { promisify } from 'node:util'
import { constants, deflateRaw, inflateRaw } from 'node:zlib'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { z } from 'zod'
import type { Event } from '../../core/log/event.ts'
import { isJsonObject, type JsonObject } from '../../core/spec/json.ts'
import { ApiError } from '../api-error.ts'
import type { ContinuationKey } from './continuation-key.ts'

/*
 * A paused run on its way through the caller's hands (S0.29, S0.30): its log, what it goes by and
 * whose it is, deflated, then encrypted and authenticated as one (JWE, direct AES-256-GCM). Whoever
 * has the key can go on; nobody else can read or change any of it.
 */

/** What a paused run is, without a server that remembers it. */
export interface Continued {
  readonly run: string
  readonly tenant: string
  /** How many events its log had: where it stands. */
  readonly seq: number
  /** Its log; null where a store keeps it. */
  readonly events: readonly Event[] | null
  /** The registered workflow that it goes by, or the spec made of the first request. */
  readonly workflow: { readonly name: string } | { readonly spec: JsonObject }
  /** What its answers are written with; no rule reads it. */
  readonly about: ContinuedAbout
}

export interface ContinuedAbout {
  readonly surface: 'personize' | 'openai'
  readonly model: string | null
  /** Values that the model marks in its text. */
  readonly outputs: readonly { readonly key: string; readonly type: string | null }[]
  readonly session: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** Writes and reads continuations. */
export interface Continuations {
  encode(continued: Continued): Promise<string>
  /**
   * Throws an ApiError `invalid_conversation_signature` for everything but a token that was made
   * with one of the keys, for this tenant, not too long ago; which of these it was is not said.
   */
  decode(token: string, on: { readonly tenant: string }): Promise<Continued>
}

const VERSION = 1
const TYPE = 'lockstep-continuation'
/** Of a compact JWE. */
const PARTS = 5
const MAX_TOKEN = 16 * 1024 * 1024
const MAX_CONTENT = 64 * 1024 * 1024
const DEFAULT_TTL_SECONDS = 24 * 60 * 60

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/**
 * Makes the continuations of a server. The first key encrypts, all decrypt, so that keys can be
 * changed while runs wait (rotation by `kid`).
 */
export function createContinuations(options: {
  readonly keys: readonly [ContinuationKey, ...ContinuationKey[]]
  /** How long a token is good for; a day. */
  readonly ttlSeconds?: number
  readonly now?: () => number
}): Continuations {
  const { keys, ttlSeconds = DEFAULT_TTL_SECONDS, now = Date.now } = options
  const [first] = keys
  const byId = new Map(keys.map((key) => [key.id, key.secret]))
  return {
    async encode(continued) {
      const expires = now() + ttlSeconds * 1000
      const text = JSON.stringify({ v: VERSION, expires, ...continued })
      const content = await deflate(text, { level: constants.Z_BEST_SPEED })
      return new CompactEncrypt(content)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: first.id, typ: TYPE })
        .encrypt(first.secret)
    },
    async decode(token, { tenant }) {
      const { expires, ...continued } = await open(token, byId)
      if (continued.tenant !== tenant || expires <= now()) throw invalid()
      return continued
    },
  }
}

/** It was ours when it was written; what an older version wrote is brought up when it is taken in. */
const event = z.custom<Event>((value) => isJsonObject(value) && typeof value['type'] === 'string')

const contentSchema = z.object({
  v: z.literal(VERSION),
  expires: z.number(),
  run: z.string().min(1),
  tenant: z.string().min(1),
  seq: z.int().min(1),
  events: z.array(event).nullable(),
  workflow: z.union([
    z.strictObject({ name: z.string() }),
    z.strictObject({ spec: z.record(z.string(), z.json()) }),
  ]),
  about: z.object({
    surface: z.enum(['personize', 'openai']),
    model: z.string().nullable(),
    outputs: z.array(z.object({ key: z.string(), type: z.string().nullable() })),
    session: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
  }),
})

async function open(
  token: string,
  keys: ReadonlyMap<string, Uint8Array>,
): Promise<Continued & { readonly expires: number }> {
  if (token.length > MAX_TOKEN || !isCanonical(token)) throw invalid()
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(
      token,
      ({ kid = '' }) => {
        const secret = keys.get(kid)
        if (secret === undefined) throw invalid()
        return secret
      },
      { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
    )
    if (protectedHeader.typ !== TYPE) throw invalid()
    const text = await inflate(plaintext, { maxOutputLength: MAX_CONTENT })
    const { v: _, ...content } = contentSchema.parse(JSON.parse(text.toString('utf8')))
    return content
  } catch (cause) {
    throw invalid(cause)
  }
}

/** False for another way to write the same bytes: the last letter of a part may hold bits that say nothing. */
function isCanonical(token: string): boolean {
  const parts = token.split('.', PARTS + 1)
  return (
    parts.length === PARTS &&
    parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
  )
}

/** One answer to every token that is not good, so that nobody learns by trying. */
export function invalid(cause?: unknown): ApiError {
  if (cause instanceof ApiError) return cause
  return new ApiError(
    'invalid_request_error',
    'the continuation is not valid: it was changed, has expired, was used already, or is not yours; begin anew, or send the last one that you were given, with its conversation as it was',
    { code: 'invalid_conversation_signature', param: 'conversation_signature', cause },
  )
}
