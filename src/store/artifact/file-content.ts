import { ArtifactStoreError } from './artifact-store.ts'
import type { Label } from './shelf.ts'

/*
 * A content as one file: a line of JSON that says what it is, then the bytes as they are. One file, so
 * that a rename replaces both at once.
 */

const VERSION = 1
const NEWLINE = 0x0a
/** No first line is longer. */
export const HEAD_BYTES = 1_024

/** The first line, with its end. */
export function encodeHead({ type, bytes, storedAt }: Label): Buffer {
  return Buffer.from(`${JSON.stringify({ v: VERSION, type, bytes, storedAt })}\n`)
}

/** What the first line says and where the content begins, of a file's beginning and its whole size. */
export interface Head {
  readonly label: Label
  readonly start: number
}

/**
 * Reads the first line. Throws `damaged` when there is none, or when the file is longer or shorter
 * than it says; `failed` when a newer version wrote it.
 */
export function decodeHead(
  beginning: Uint8Array,
  { size, path }: { readonly size: number; readonly path: string },
): Head {
  const end = beginning.subarray(0, HEAD_BYTES).indexOf(NEWLINE)
  const label = end < 0 ? null : decodeLabel(beginning.subarray(0, end), path)
  if (label === null) {
    throw new ArtifactStoreError('damaged', `${path} is damaged: its first line says nothing`)
  }
  const start = end + 1
  if (size === start + label.bytes) return { label, start }
  const message = `${path} is damaged: it holds ${size - start} bytes, not ${label.bytes}`
  throw new ArtifactStoreError('damaged', message)
}

function decodeLabel(line: Uint8Array, path: string): Label | null {
  const value = parse(Buffer.from(line).toString('utf8'))
  if (typeof value !== 'object' || value === null || !('v' in value)) return null
  if (typeof value.v === 'number' && value.v > VERSION) {
    const message = `${path} was written by a newer Lockstep (version ${value.v} of its form)`
    throw new ArtifactStoreError('failed', message)
  }
  if (!('type' in value) || typeof value.type !== 'string') return null
  if (!('bytes' in value) || typeof value.bytes !== 'number') return null
  if (!('storedAt' in value) || typeof value.storedAt !== 'number') return null
  const { type, bytes, storedAt } = value
  return { type, bytes, storedAt }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
