import { createHmac, timingSafeEqual } from 'node:crypto'
import { assertArtifactName } from './artifact-limits.ts'
import { ArtifactStoreError } from './artifact-store.ts'
import { isDigest, toHex } from './content-address.ts'

/*
 * Links from which anybody who has one can download one version of an artifact until it expires
 * (S4.24). In: what may be downloaded. Out: a path with a query, and back, or why not. A link says
 * nothing that its bearer may not know, and holds no secret (Law 17).
 */

/** A key for links: `id` is in each link that it signed, so that several keys can be in use at once. */
export interface LinkKey {
  /** 1 to 32 letters, digits, `_` and `-`. */
  readonly id: string
  /** 32 bytes at least. */
  readonly secret: Uint8Array
}

/** One version of an artifact of a run, as it may be downloaded. */
export interface LinkClaims {
  readonly run: string
  readonly artifact: string
  /** From 1. */
  readonly version: number
  readonly digest: string
  readonly type: string
  /** The file name. */
  readonly name: string
  /** Milliseconds since 1970; from then on the link is refused. */
  readonly expiresAt: number
}

/** Why a link is refused; `expired` only of one that was genuine. */
export type LinkRefusal = 'malformed' | 'expired' | 'signature_mismatch'

/** What a link allows, or why it is refused. */
export type ReadLink =
  | { readonly ok: true; readonly claims: LinkClaims }
  | { readonly ok: false; readonly reason: LinkRefusal }

const DOMAIN = 'lockstep artifact link v1'
const PATH = '/artifacts/'
const FIELDS = ['run', 'artifact', 'version', 'type', 'name', 'expires', 'kid', 'sig'] as const
const MAX_CHARS = 4_096
const MIN_SECRET_BYTES = 32
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/
const WHOLE = /^(?:0|[1-9]\d{0,15})$/

/**
 * A path with a query, `/artifacts/DIGEST?…&expires=…&kid=…&sig=…`, with every part under the
 * signature (HMAC-SHA-256). Throws `bad_key` for a weak key and `bad_name` for claims that no link can
 * carry.
 */
export function signLink(link: LinkClaims & { readonly key: LinkKey }): string {
  const { key, ...claims } = link
  assertKey(key)
  toHex(claims.digest)
  assertArtifactName(claims.name)
  for (const time of [claims.version, claims.expiresAt]) {
    if (Number.isSafeInteger(time) && time >= 0) continue
    throw new ArtifactStoreError('bad_name', `${time} is no version or time of a link`)
  }
  const path = toPath(claims, { id: key.id, sig: signatureOf(claims, key) })
  if (path.length <= MAX_CHARS) return path
  throw new ArtifactStoreError('bad_name', `The link would have ${path.length} characters`)
}

/**
 * What a link allows: of the path with its query, exactly as signLink gave it. A link of any other
 * form is `malformed`; one that no key of these signed as it is, `signature_mismatch`; then the time
 * decides. Takes the key of the link's `kid`, so that old links outlive a change of keys.
 */
export function readLink(
  url: string,
  options: { readonly keys: readonly LinkKey[]; readonly now: number },
): ReadLink {
  const parsed = parseLink(url)
  if (parsed === null) return { ok: false, reason: 'malformed' }
  const { claims, id, sig } = parsed
  const key = options.keys.find((candidate) => candidate.id === id)
  if (key === undefined) return { ok: false, reason: 'signature_mismatch' }
  assertKey(key)
  if (!isSame(sig, signatureOf(claims, key))) return { ok: false, reason: 'signature_mismatch' }
  if (claims.expiresAt <= options.now) return { ok: false, reason: 'expired' }
  return { ok: true, claims }
}

function signatureOf(claims: LinkClaims, { id, secret }: LinkKey): string {
  const { run, artifact, version, digest, type, name, expiresAt } = claims
  // A JSON list: no value can pass for the end of another.
  const text = JSON.stringify([DOMAIN, id, run, artifact, version, digest, type, name, expiresAt])
  return createHmac('sha256', secret).update(text, 'utf8').digest('base64url')
}

function toPath(claims: LinkClaims, signed: { readonly id: string; readonly sig: string }): string {
  const query = new URLSearchParams({
    run: claims.run,
    artifact: claims.artifact,
    version: String(claims.version),
    type: claims.type,
    name: claims.name,
    expires: String(claims.expiresAt),
    kid: signed.id,
    sig: signed.sig,
  })
  return `${PATH}${claims.digest}?${query.toString()}`
}

interface ParsedLink {
  readonly claims: LinkClaims
  readonly id: string
  readonly sig: string
}

function parseLink(url: string): ParsedLink | null {
  const at = url.indexOf('?')
  if (url.length > MAX_CHARS || at < 0 || !url.startsWith(PATH)) return null
  const query = new URLSearchParams(url.slice(at + 1))
  const [run, artifact, version, type, name, expires, id, sig] = FIELDS.map((field) =>
    query.get(field),
  )
  if (run == null || artifact == null || type == null || name == null) return null
  if (version == null || !WHOLE.test(version)) return null
  if (expires == null || !WHOLE.test(expires)) return null
  if (id == null || !KEY_ID.test(id) || sig == null) return null
  const digest = url.slice(PATH.length, at)
  if (!isDigest(digest)) return null
  const claims = {
    run,
    artifact,
    version: Number(version),
    digest,
    type,
    name,
    expiresAt: Number(expires),
  }
  // Another spelling of the same link is none of ours: there is one text for each.
  return toPath(claims, { id, sig }) === url ? { claims, id, sig } : null
}

/** In the same time wherever they differ; as texts, for base64url has several for the same bytes. */
function isSame(given: string, expected: string): boolean {
  const left = Buffer.from(given)
  const right = Buffer.from(expected)
  return left.length === right.length && timingSafeEqual(left, right)
}

function assertKey({ id, secret }: LinkKey): void {
  if (!KEY_ID.test(id)) {
    const message = 'The id of a link key has 1 to 32 letters, digits, `_` and `-`'
    throw new ArtifactStoreError('bad_key', message)
  }
  if (secret.length >= MIN_SECRET_BYTES) return
  const message = `The link key ${id} has ${secret.length} bytes; it needs ${MIN_SECRET_BYTES}`
  throw new ArtifactStoreError('bad_key', message)
}
