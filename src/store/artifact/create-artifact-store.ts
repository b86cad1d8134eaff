import {
  ArtifactStoreError,
  type ArtifactStore,
  type DownloadLink,
  type StoredContent,
} from './artifact-store.ts'
import {
  assertArtifactName,
  assertSize,
  assertType,
  DEFAULT_MAX_BYTES,
  DEFAULT_TYPES,
  type ArtifactLimits,
} from './artifact-limits.ts'
import { hexOf, toDigest, toHex } from './content-address.ts'
import { GatedArtifact } from './gate/artifact-gate.ts'
import type { Copy, Label, Shelf } from './shelf.ts'

/** What S3 allows; the same everywhere. */
const LINK_SECONDS = 7 * 24 * 60 * 60
/** How often a copy may be replaced by a later one while somebody looks it up. */
const LOOKS = 5

/**
 * Makes an artifact store of a shelf. All that holds of every adapter is here: only what the gate made
 * is taken (S4.19), within the limits, under its own digest; what has expired is not there; what is
 * read is checked against its digest. Throws `bad_configuration` for limits that mean nothing.
 */
export function createArtifactStore(shelf: Shelf, limits: ArtifactLimits = {}): ArtifactStore {
  const { maxBytes = DEFAULT_MAX_BYTES, types = DEFAULT_TYPES } = limits
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0) {
    const message = `maxBytes is ${maxBytes}; it is a whole number of bytes`
    throw new ArtifactStoreError('bad_configuration', message)
  }
  return new ShelvedArtifacts(shelf, { maxBytes, types })
}

class ShelvedArtifacts implements ArtifactStore {
  readonly #shelf: Shelf
  readonly #limits: Required<ArtifactLimits>
  #closed = false
  readonly link?: (digest: string, link: DownloadLink) => Promise<string | null>

  constructor(shelf: Shelf, limits: Required<ArtifactLimits>) {
    this.#shelf = shelf
    this.#limits = limits
    if (shelf.link !== undefined) this.link = (digest, link) => this.#link(digest, link)
  }

  async put(
    artifact: GatedArtifact,
    options: { readonly now: number; readonly expiresAt: number | null },
  ): Promise<StoredContent> {
    this.#assertOpen()
    const { hex, body } = this.#admit(artifact)
    const now = wholeTime(options.now)
    const wanted = options.expiresAt === null ? null : wholeTime(options.expiresAt)
    const copies = await this.#shelf.copies(hex)
    const standing = latest(copies, now)
    const label = standing === null ? null : await this.#labelOfWhole(standing)
    const expiresAt =
      standing !== null && outlasts(standing.expiresAt, wanted) ? standing.expiresAt : wanted
    if (standing !== null && label !== null && standing.expiresAt === expiresAt) {
      return toStored(standing, label)
    }
    const copy: Copy = { hex, expiresAt }
    const written = label ?? { type: artifact.type, bytes: body.length, storedAt: now }
    await this.#shelf.write(copy, { label: written, body, now })
    await this.#removeSuperseded(copies, copy)
    return toStored(copy, written)
  }

  async find(digest: string, { now }: { readonly now: number }): Promise<StoredContent | null> {
    this.#assertOpen()
    return this.#look(toHex(digest), now, async (copy) => {
      const label = await this.#shelf.label(copy)
      return label === null ? null : toStored(copy, label)
    })
  }

  async read(digest: string, { now }: { readonly now: number }): Promise<string | null> {
    this.#assertOpen()
    const hex = toHex(digest)
    return this.#look(hex, now, async (copy) => {
      const content = await this.#shelf.read(copy)
      if (content === null) return null
      if (hexOf(content.body) !== hex) throw this.#damaged(copy)
      const { buffer, byteOffset, byteLength } = content.body
      return Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
    })
  }

  async sweep({ now }: { readonly now: number }): Promise<number> {
    this.#assertOpen()
    const expired: Copy[] = []
    for await (const copy of this.#shelf.all()) if (hasExpired(copy, now)) expired.push(copy)
    for (const copy of expired) await this.#shelf.remove(copy)
    await this.#shelf.tidy(now)
    return expired.length
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#shelf.close()
  }

  /** The one door for content: no adapter sees anything that did not come through here. */
  #admit(artifact: GatedArtifact): { readonly hex: string; readonly body: Uint8Array } {
    if (!GatedArtifact.is(artifact)) {
      throw new ArtifactStoreError(
        'not_gated',
        'Only what the artifact gate made is stored; pass the text through gateArtifact first',
      )
    }
    assertArtifactName(artifact.name)
    assertType(artifact.type, this.#limits.types)
    const body = Buffer.from(artifact.text, 'utf8')
    assertSize(body.length, this.#limits.maxBytes)
    const hex = toHex(artifact.digest)
    if (hexOf(body) === hex) return { hex, body }
    throw new ArtifactStoreError(
      'damaged',
      `The text of ${artifact.name} is not ${artifact.digest}`,
    )
  }

  /** What is written beside a copy whose bytes are those of its digest; null for any other. */
  async #labelOfWhole(copy: Copy): Promise<Label | null> {
    try {
      const content = await this.#shelf.read(copy)
      return content !== null && hexOf(content.body) === copy.hex ? content.label : null
    } catch (error) {
      if (error instanceof ArtifactStoreError && error.code === 'damaged') return null
      throw error
    }
  }

  /** They are only in the way: what cannot be removed now goes with a sweep, once it has expired. */
  async #removeSuperseded(copies: readonly Copy[], by: Copy): Promise<void> {
    const earlier = copies.filter((copy) => !outlasts(copy.expiresAt, by.expiresAt))
    await Promise.allSettled(earlier.map((copy) => this.#shelf.remove(copy)))
  }

  /** A copy may make way for a later one between the look and the reading: then look again. */
  async #look<Found>(
    hex: string,
    now: number,
    take: (copy: Copy) => Promise<Found | null>,
  ): Promise<Found | null> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const copy = latest(await this.#shelf.copies(hex), now)
      const found = copy === null ? null : await take(copy)
      if (copy === null || found !== null) return found
    }
    return null
  }

  async #link(digest: string, { now, expiresAt, filename }: DownloadLink): Promise<string | null> {
    this.#assertOpen()
    const hex = toHex(digest)
    assertArtifactName(filename)
    const seconds = Math.floor((expiresAt - now) / 1000)
    if (!(seconds >= 1 && seconds <= LINK_SECONDS)) {
      const message = `A link lives for 1 to ${LINK_SECONDS} seconds; this one would for ${seconds}`
      throw new ArtifactStoreError('failed', message)
    }
    return this.#look(
      hex,
      now,
      async (copy) => (await this.#shelf.link?.(copy, { now, seconds, filename })) ?? null,
    )
  }

  #damaged(copy: Copy): ArtifactStoreError {
    const where = this.#shelf.place(copy)
    const digest = toDigest(copy.hex)
    return new ArtifactStoreError('damaged', `${where} is damaged: it does not hold ${digest}`)
  }

  #assertOpen(): void {
    if (this.#closed) throw new ArtifactStoreError('closed', 'The artifact store is closed')
  }
}

function toStored({ hex, expiresAt }: Copy, { type, bytes, storedAt }: Label): StoredContent {
  return { digest: toDigest(hex), type, bytes, storedAt, expiresAt }
}

function hasExpired({ expiresAt }: Copy, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

/** True when an expiry is as late as another, or later. */
function outlasts(expiry: number | null, other: number | null): boolean {
  return expiry === null || (other !== null && expiry >= other)
}

function latest(copies: readonly Copy[], now: number): Copy | null {
  let found: Copy | null = null
  for (const copy of copies) {
    if (hasExpired(copy, now)) continue
    if (found === null || outlasts(copy.expiresAt, found.expiresAt)) found = copy
  }
  return found
}

/** Expiries become names, and a name is a whole number; a content never goes before its time. */
function wholeTime(time: number): number {
  const whole = Math.ceil(time)
  if (Number.isSafeInteger(whole) && whole >= 0) return whole
  throw new ArtifactStoreError('failed', `${time} is no time in milliseconds since 1970`)
}
