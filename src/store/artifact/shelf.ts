/*
 * Where the bytes of artifacts stand: a folder, a bucket, this process. A shelf obeys and judges
 * nothing; what may be put and what counts as expired is create-artifact-store.ts.
 */

/**
 * One copy of a content. Its expiry is part of its name: to prolong is to write another copy, so a
 * sweep that deletes an expired one can never meet a put that keeps the content alive.
 */
export interface Copy {
  /** SHA-256 of the content, 64 lower-case hex digits. */
  readonly hex: string
  /** Whole milliseconds since 1970; null for never. */
  readonly expiresAt: number | null
}

/** What is written beside the bytes. */
export interface Label {
  readonly type: string
  readonly bytes: number
  readonly storedAt: number
}

/** The port that adapters of the artifact store fill; errors are ArtifactStoreErrors. */
export interface Shelf {
  /** All copies of a content, expired or not, in no order. */
  copies(hex: string): Promise<readonly Copy[]>
  /** Null when the copy is gone. */
  label(copy: Copy): Promise<Label | null>
  /** Null when the copy is gone. The bytes are believed of nobody. */
  read(copy: Copy): Promise<{ readonly label: Label; readonly body: Uint8Array } | null>
  /** Whole or not at all, in the place of the same copy; resolves once it survives a crash. */
  write(
    copy: Copy,
    content: { readonly label: Label; readonly body: Uint8Array; readonly now: number },
  ): Promise<void>
  /** Nothing happens when it is gone. */
  remove(copy: Copy): Promise<void>
  /** Every copy there is. */
  all(): AsyncIterable<Copy>
  /** Deletes what crashes left over. */
  tidy(now: number): Promise<void>
  /** Where a copy stands, as a person would look for it. */
  place(copy: Copy): string
  /** An address that anybody can download from, for so many seconds after `now`. */
  readonly link?: (
    copy: Copy,
    link: { readonly now: number; readonly seconds: number; readonly filename: string },
  ) => Promise<string>
  close(): Promise<void>
}

const EXPIRY = /^(?:never|0|[1-9]\d{0,15})$/

/** A copy's expiry as a part of its name: `never`, or whole milliseconds. */
export function encodeExpiry(expiresAt: number | null): string {
  return expiresAt === null ? 'never' : String(expiresAt)
}

/** The way back; undefined for any other text. */
export function decodeExpiry(text: string): number | null | undefined {
  if (!EXPIRY.test(text)) return undefined
  const expiresAt = text === 'never' ? null : Number(text)
  return expiresAt === null || Number.isSafeInteger(expiresAt) ? expiresAt : undefined
}
