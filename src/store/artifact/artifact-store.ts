import type { GatedArtifact } from './gate/artifact-gate.ts'

/*
 * The port to where the content of artifacts lives. The log alone says which versions an artifact has
 * and which of them are published; a store holds content under its digest, so nothing here can be
 * taken for a published version. In: what the gate made. Out: the text under a digest, whole or not
 * at all. artifact-store.contract.ts is what every adapter must pass.
 */

/** What is known of a content (S4.24): the same text is held once, whoever put it. */
export interface StoredContent {
  /** `sha256:` and 64 hex digits, of the text's UTF-8 bytes. */
  readonly digest: string
  /** Media type; that of the first put while the content stands. */
  readonly type: string
  readonly bytes: number
  /** Milliseconds since 1970, as the caller's clock had it. */
  readonly storedAt: number
  /** From then on it is not found; null for never. */
  readonly expiresAt: number | null
}

/**
 * Holds content by digest (S4.19, S4.24). Committed means surviving kill -9 (in memory: of nothing).
 * Times are the caller's, in milliseconds since 1970. Errors are ArtifactStoreErrors; a digest that
 * is none is `bad_name`.
 */
export interface ArtifactStore {
  /**
   * Takes only what the gate made, within the store's limits. The same again changes nothing but the
   * expiry, to the later one (null is the latest), and mends what is damaged. Whole or not at all.
   */
  put(
    artifact: GatedArtifact,
    options: { readonly now: number; readonly expiresAt: number | null },
  ): Promise<StoredContent>
  /** Null for what is unknown or has expired. */
  find(digest: string, options: { readonly now: number }): Promise<StoredContent | null>
  /** The text, checked against its digest: `damaged` when it is another. Null as with `find`. */
  read(digest: string, options: { readonly now: number }): Promise<string | null>
  /** Deletes what has expired, and what crashes left over; gives how many contents went. */
  sweep(options: { readonly now: number }): Promise<number>
  /**
   * An address from which anybody can download the content until it expires, where the place of the
   * content gives such (S3, for seven days at most). Null as with `find`.
   */
  readonly link?: (digest: string, link: DownloadLink) => Promise<string | null>
  /** Afterwards everything else is an error `closed`. */
  close(): Promise<void>
}

/** Opens a store, or hands out the one that is open. */
export type OpenArtifacts = () => Promise<ArtifactStore>

/** Of a link: until when, and under which file name. */
export interface DownloadLink {
  readonly now: number
  readonly expiresAt: number
  readonly filename: string
}

/** Why a store did not do what it was asked. */
export type ArtifactStoreErrorCode =
  | 'not_gated'
  | 'too_large'
  | 'type_not_allowed'
  | 'bad_name'
  | 'bad_key'
  | 'bad_configuration'
  | 'damaged'
  | 'closed'
  | 'failed'

/** A broken promise of the store or of its caller; recognise it by `code`. Never holds a secret (Law 17). */
export class ArtifactStoreError extends Error {
  readonly code: ArtifactStoreErrorCode

  constructor(
    code: ArtifactStoreErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options)
    this.name = 'ArtifactStoreError'
    this.code = code
  }
}
