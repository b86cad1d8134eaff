import { ArtifactStoreError } from './artifact-store.ts'

/** What a store takes; the same for every adapter. */
export interface ArtifactLimits {
  /** UTF-8 bytes of one content; 10 MB. */
  readonly maxBytes?: number
  /** Media types, `*` for any run of letters in one half: `text/*`, `application/*+json`. */
  readonly types?: readonly string[]
}

/** UTF-8 bytes of one content where nobody says otherwise. */
export const DEFAULT_MAX_BYTES = 10_000_000

/** Media types of text where nobody says otherwise; no image with scripts in it (SVG). */
export const DEFAULT_TYPES: readonly string[] = [
  'text/*',
  'application/json',
  'application/*+json',
  'application/jsonl',
  'application/x-ndjson',
  'application/xml',
  'application/yaml',
  'application/x-yaml',
  'application/toml',
  'application/sql',
  'application/javascript',
  'application/typescript',
]

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
/** Devices on Windows, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * Throws `bad_name` for a name that could mean another place anywhere: letters, digits, `.`, `_` and
 * `-`, 128 in all, beginning with a letter or digit, no `..`, no dot at the end, no Windows device.
 */
export function assertArtifactName(name: unknown): asserts name is string {
  const legal =
    typeof name === 'string' &&
    NAME.test(name) &&
    !name.includes('..') &&
    !name.endsWith('.') &&
    !DEVICE.test(name)
  if (legal) return
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 80)) : typeof name
  throw new ArtifactStoreError(
    'bad_name',
    `${shown} is no name of an artifact; one begins with a letter or a digit and goes on with ` +
      'letters, digits, `.`, `_` and `-`, 128 in all; no `..`, no `.` at the end, no device name of Windows',
  )
}

const TOKEN = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+'-]{0,63}"
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})(?:; ?charset=utf-8)?$`, 'i')

/** Throws `type_not_allowed` for a media type that none of the patterns takes. */
export function assertType(type: string, patterns: readonly string[]): void {
  const essence = TYPE.exec(type)?.[1]?.toLowerCase()
  if (essence !== undefined && patterns.some((pattern) => matches(essence, pattern))) return
  throw new ArtifactStoreError(
    'type_not_allowed',
    `${JSON.stringify(type.slice(0, 80))} may not be stored; legal are ${patterns.join(', ')}`,
  )
}

function matches(essence: string, pattern: string): boolean {
  const [before = '', after] = pattern.toLowerCase().split('*')
  if (after === undefined) return essence === before
  const long = essence.length > before.length + after.length
  return long && essence.startsWith(before) && essence.endsWith(after)
}

/** Throws `too_large` for more bytes than the limit. */
export function assertSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return
  throw new ArtifactStoreError(
    'too_large',
    `The content has ${bytes} bytes; at most ${maxBytes} may be stored`,
  )
}
