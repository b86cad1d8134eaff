import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { SCOPES, TENANT } from './tenants.ts'

/*
 * API keys: what one looks like, what is kept of it, and whether one that is presented is good.
 * In flows a secret of a header; out flows the record of its key, or why it is refused.
 */

const SECRET_BYTES = 32
const ID_BYTES = 6
const SECRET = /^lsk_[\w-]{43}$/

/** Checks a record that was read from somewhere. */
export const keyRecord: z.ZodType<KeyRecord> = z.strictObject({
  id: z.string().regex(/^key_[0-9a-f]{12}$/, 'expected key_ and 12 hex digits'),
  tenant: z.string().regex(TENANT, 'expected letters, digits and -, at most 40'),
  scopes: z.array(z.enum(SCOPES)).min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'),
  name: z.string().max(80).optional(),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
  revoked: z.iso.datetime().optional(),
  rate_per_minute: z.int().positive().optional(),
  concurrency: z.int().positive().optional(),
})

/** What is kept of a key: never the key itself, which is shown once (Law 17). */
export interface KeyRecord {
  /** What logs and people call it. */
  readonly id: string
  readonly tenant: string
  readonly scopes: readonly (typeof SCOPES)[number][]
  /** Of the whole key, in hex. */
  readonly sha256: string
  readonly name?: string | undefined
  /** ISO 8601, as are the other two. */
  readonly created: string
  readonly expires?: string | undefined
  readonly revoked?: string | undefined
  /** Its own limits, before the server's. */
  readonly rate_per_minute?: number | undefined
  readonly concurrency?: number | undefined
}

/** What became of a presented key. */
export type KeyCheck =
  | { readonly ok: true; readonly record: KeyRecord }
  | { readonly ok: false; readonly why: 'malformed' | 'unknown' | 'expired' | 'revoked' }

/** Where keys are found. `check` throws where they cannot be read: then nobody may enter (Law 4). */
export interface Keyring {
  check(presented: string): KeyCheck
  /** How many keys are good now. */
  count(): number
}

/** Makes a key of 256 random bits; `secret` is to be shown once and forgotten. */
export function createKey(
  given: Omit<KeyRecord, 'id' | 'sha256' | 'created'> & { readonly now: number },
): { readonly secret: string; readonly record: KeyRecord } {
  const { now, ...rest } = given
  const secret = `lsk_${randomBytes(SECRET_BYTES).toString('base64url')}`
  const id = `key_${randomBytes(ID_BYTES).toString('hex')}`
  const created = new Date(now).toISOString()
  return { secret, record: keyRecord.parse({ id, ...rest, sha256: sha256(secret), created }) }
}

/** A keyring over records that are there already; `now` in milliseconds since 1970. */
export function keyring(records: readonly KeyRecord[], now: () => number = Date.now): Keyring {
  const hashed = records.map((record) => ({ record, hash: Buffer.from(record.sha256, 'hex') }))
  return {
    check(presented) {
      if (!SECRET.test(presented)) return { ok: false, why: 'malformed' }
      const hash = createHash('sha256').update(presented).digest()
      // Looks at every key, whichever fits: how long it takes says nothing of any of them.
      let found: KeyRecord | null = null
      for (const each of hashed) if (timingSafeEqual(each.hash, hash)) found = each.record
      if (found === null) return { ok: false, why: 'unknown' }
      const why = refusal(found, now())
      return why === null ? { ok: true, record: found } : { ok: false, why }
    },
    count: () => records.filter((record) => refusal(record, now()) === null).length,
  }
}

/** Why a key is no longer good; null while it is. */
export function refusal(
  record: Pick<KeyRecord, 'revoked' | 'expires'>,
  now: number,
): 'expired' | 'revoked' | null {
  if (record.revoked !== undefined) return 'revoked'
  return record.expires !== undefined && Date.parse(record.expires) <= now ? 'expired' : null
}

function sha256(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
