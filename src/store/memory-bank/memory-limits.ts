import { MAX_NOTES } from '../../core/spec/memory-spec.ts'
import {
  MemoryBankError,
  type MemoryItem,
  type MemoryListing,
  type MemoryQuery,
} from './memory-bank.ts'

/** UTF-8 bytes of one note's text. */
export const MAX_TEXT_BYTES: number = 64 * 1024
const MAX_NAME_CHARS = 256
const MAX_TAGS = 16
const MAX_TAG_CHARS = 64
const MAX_LISTED = 1_000
const MAX_ITEMS = 1_000

/** Throws a MemoryBankError `bad_item` for notes that are out of bounds; nothing is kept then. */
export function assertItems(items: readonly MemoryItem[]): void {
  if (items.length > MAX_ITEMS)
    throw badItem(`${items.length} notes at once; ${MAX_ITEMS} are legal`)
  for (const { id, tenant, record, text, at, tags = [] } of items) {
    assertNames({ id, tenant, record }, badItem)
    const bytes = Buffer.byteLength(text)
    if (bytes === 0 || bytes > MAX_TEXT_BYTES) {
      throw badItem(`a note of ${bytes} bytes; 1 to ${MAX_TEXT_BYTES} are legal`)
    }
    if (!Number.isSafeInteger(at) || at < 0) throw badItem(`the time ${at} is none`)
    if (tags.length > MAX_TAGS || tags.some((tag) => tag === '' || tag.length > MAX_TAG_CHARS)) {
      throw badItem(`at most ${MAX_TAGS} tags of 1 to ${MAX_TAG_CHARS} characters are legal`)
    }
  }
}

/** Throws a MemoryBankError `bad_query` for a question that is out of bounds. */
export function assertQuery({ tenant, record, since, until, limit }: MemoryQuery): void {
  assertNames({ tenant, ...(record === undefined ? {} : { record }) }, badQuery)
  assertLimit(limit, MAX_NOTES)
  if (Number.isNaN(since) || Number.isNaN(until)) throw badQuery('since or until is no time')
}

/** The same for a listing. */
export function assertListing({ tenant, record, limit }: MemoryListing): void {
  assertNames({ tenant, ...(record === undefined ? {} : { record }) }, badQuery)
  assertLimit(limit, MAX_LISTED)
}

/** The same for whose notes are asked for. */
export function assertWhose(of: { readonly tenant: string; readonly record?: string }): void {
  assertNames(of, badQuery)
}

function assertLimit(limit: number, most: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= most) return
  throw badQuery(`limit is ${limit}; 1 to ${most} are legal`)
}

function assertNames(
  names: Readonly<Record<string, string>>,
  wrong: (message: string) => MemoryBankError,
): void {
  for (const [key, name] of Object.entries(names)) {
    // Ids hold a run, a branch and a call, each with a name of its own.
    const most = key === 'id' ? 4 * MAX_NAME_CHARS : MAX_NAME_CHARS
    if (typeof name === 'string' && name !== '' && name.length <= most && isKept(name)) continue
    throw wrong(`${key} is missing, over ${most} characters or no text`)
  }
}

/** Databases keep another name for half of a character: two names would become one. */
function isKept(name: string): boolean {
  return !name.includes('\0') && name.isWellFormed()
}

function badItem(message: string): MemoryBankError {
  return new MemoryBankError('bad_item', message)
}

function badQuery(message: string): MemoryBankError {
  return new MemoryBankError('bad_query', message)
}
