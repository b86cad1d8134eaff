import { ArtifactStoreError } from './artifact-store.ts'

/** One page of a bucket's list. */
export interface Listing {
  /** In the order of the list. */
  readonly keys: readonly string[]
  /** True when there are more, after the last key. */
  readonly truncated: boolean
}

const ROOT = /<(?:[\w-]+:)?ListBucketResult[\s>/]/
const KEY = /<(?:[\w-]+:)?Key>([^<]*)<\/(?:[\w-]+:)?Key>/g
const TRUNCATED = /<(?:[\w-]+:)?IsTruncated>\s*(true|false)\s*<\/(?:[\w-]+:)?IsTruncated>/
const ENTITY = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi
const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/**
 * Reads the two things that a sweep needs of S3's answer to a list: keys, and whether there are more.
 * Throws `failed` for anything else than such an answer.
 */
export function parseListing(xml: string): Listing {
  const truncated = TRUNCATED.exec(xml)?.[1]
  if (!ROOT.test(xml) || truncated === undefined) {
    const shown = JSON.stringify(xml.slice(0, 80))
    throw new ArtifactStoreError('failed', `The S3 server answered a list with ${shown}`)
  }
  const keys = [...xml.matchAll(KEY)].map(([, key = '']) => decodeEntities(key))
  return { keys, truncated: truncated === 'true' }
}

function decodeEntities(text: string): string {
  return text.replaceAll(ENTITY, (entity, hex?: string, decimal?: string, named?: string) => {
    if (named !== undefined) return NAMED.get(named.toLowerCase()) ?? entity
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity
  })
}
