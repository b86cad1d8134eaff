import type { ArtifactLimits } from './artifact-limits.ts'
import { ArtifactStoreError, type ArtifactStore } from './artifact-store.ts'
import { toContentDisposition } from './content-disposition.ts'
import { isHex } from './content-address.ts'
import { createArtifactStore } from './create-artifact-store.ts'
import { S3Client } from './s3-client.ts'
import { placeOf } from './s3-error.ts'
import { parseListing, type Listing } from './s3-listing.ts'
import type { S3Answer } from './s3-request.ts'
import { checkS3, type CheckedS3, type S3Settings } from './s3-settings.ts'
import { decodeExpiry, encodeExpiry, type Copy, type Label, type Shelf } from './shelf.ts'

/** An S3 store's own limits: also how many keys are asked for at a time. */
export interface S3Limits extends ArtifactLimits {
  /** At most 1,000, which is S3's own. */
  readonly pageSize?: number
}

/**
 * Holds the content of artifacts in a bucket that speaks the S3 protocol: one object a content,
 * `PREFIX/sha256/DIGEST/EXPIRY`, with its media type and times as metadata. S3 itself makes a put
 * whole or not at all. The key must be allowed to list, read, write and delete under the prefix.
 * Gives links that S3 answers by itself, for seven days at most. Throws `bad_configuration`.
 */
export function s3Artifacts(settings: S3Settings, limits: S3Limits = {}): ArtifactStore {
  const { pageSize = PAGE_SIZE, ...rest } = limits
  return createArtifactStore(new S3Shelf(checkS3(settings), pageSize), rest)
}

const PAGE_SIZE = 1_000
const NOT_FOUND = 404
const STORED_AT = 'x-amz-meta-stored-at'
const EXPIRES_AT = 'x-amz-meta-expires-at'
const TYPE = 'x-amz-meta-type'
const WHOLE = /^\d{1,16}$/

class S3Shelf implements Shelf {
  readonly #client: S3Client
  readonly #settings: CheckedS3
  readonly #pageSize: number
  readonly #contents: string

  constructor(settings: CheckedS3, pageSize: number) {
    this.#client = new S3Client(settings)
    this.#settings = settings
    this.#pageSize = pageSize
    this.#contents = settings.prefix === '' ? 'sha256/' : `${settings.prefix}/sha256/`
  }

  async copies(hex: string): Promise<readonly Copy[]> {
    const copies: Copy[] = []
    for await (const copy of this.#list(`${this.#contents}${hex}/`)) copies.push(copy)
    return copies
  }

  async label(copy: Copy): Promise<Label | null> {
    const answer = await this.#client.send({ method: 'HEAD', key: this.#keyOf(copy) })
    if (answer.status === NOT_FOUND) return null
    const bytes = answer.headers.get('content-length') ?? ''
    if (!WHOLE.test(bytes)) throw this.#damaged(copy)
    return this.#labelOf(copy, { answer, bytes: Number(bytes) })
  }

  async read(copy: Copy): Promise<{ readonly label: Label; readonly body: Uint8Array } | null> {
    const answer = await this.#client.send({ method: 'GET', key: this.#keyOf(copy) })
    if (answer.status === NOT_FOUND) return null
    const { body } = answer
    return { label: this.#labelOf(copy, { answer, bytes: body.length }), body }
  }

  async write(
    copy: Copy,
    { label, body }: { readonly label: Label; readonly body: Uint8Array },
  ): Promise<void> {
    const { type, storedAt } = label
    const headers = {
      'content-type':
        type.startsWith('text/') && !type.includes(';') ? `${type}; charset=utf-8` : type,
      // S3 refuses a body that is not the one which was signed.
      'x-amz-content-sha256': copy.hex,
      [TYPE]: type,
      [STORED_AT]: String(storedAt),
      [EXPIRES_AT]: encodeExpiry(copy.expiresAt),
    }
    await this.#client.send({ method: 'PUT', key: this.#keyOf(copy), headers, body })
  }

  async remove(copy: Copy): Promise<void> {
    await this.#client.send({ method: 'DELETE', key: this.#keyOf(copy) })
  }

  all(): AsyncIterable<Copy> {
    return this.#list(this.#contents)
  }

  async tidy(): Promise<void> {}

  place(copy: Copy): string {
    return `${placeOf(this.#settings)}: ${this.#keyOf(copy)}`
  }

  link(
    copy: Copy,
    link: { readonly now: number; readonly seconds: number; readonly filename: string },
  ): Promise<string> {
    const { now, seconds, filename } = link
    const query = { 'response-content-disposition': toContentDisposition(filename) }
    return this.#client.presign(this.#keyOf(copy), { now, seconds, query })
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  /** By S3's first kind of list, which every server pages in the same way: after the last key. */
  async *#list(prefix: string): AsyncGenerator<Copy> {
    for (let marker: string | null = null; ;) {
      const page: Listing = await this.#page(prefix, marker)
      for (const key of page.keys) {
        const copy = this.#toCopy(key)
        if (copy !== null) yield copy
      }
      const last = page.keys.at(-1)
      if (!page.truncated) return
      if (last === undefined || last === marker) {
        throw new ArtifactStoreError('failed', `${placeOf(this.#settings)} does not end its list`)
      }
      marker = last
    }
  }

  async #page(prefix: string, marker: string | null): Promise<Listing> {
    const answer = await this.#client.send({
      method: 'GET',
      key: '',
      query: {
        'max-keys': String(this.#pageSize),
        prefix,
        ...(marker === null ? {} : { marker }),
      },
    })
    return parseListing(Buffer.from(answer.body).toString('utf8'))
  }

  #keyOf({ hex, expiresAt }: Copy): string {
    return `${this.#contents}${hex}/${encodeExpiry(expiresAt)}`
  }

  #toCopy(key: string): Copy | null {
    if (!key.startsWith(this.#contents)) return null
    const [hex = '', expiry = '', ...more] = key.slice(this.#contents.length).split('/')
    const expiresAt = decodeExpiry(expiry)
    return isHex(hex) && expiresAt !== undefined && more.length === 0 ? { hex, expiresAt } : null
  }

  #labelOf(
    copy: Copy,
    { answer, bytes }: { readonly answer: S3Answer; readonly bytes: number },
  ): Label {
    const type = answer.headers.get(TYPE)
    const storedAt = answer.headers.get(STORED_AT) ?? ''
    if (type === null || !WHOLE.test(storedAt)) throw this.#damaged(copy)
    return { type, bytes, storedAt: Number(storedAt) }
  }

  #damaged(copy: Copy): ArtifactStoreError {
    return new ArtifactStoreError('damaged', `${this.place(copy)} is damaged: its metadata is lost`)
  }
}
