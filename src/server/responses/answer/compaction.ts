import { z } from 'zod'

const carriedSchema = z.object({ summary: z.string() })

/** What an item of a compaction holds, for clients that send it back as it is. */
export function carrySummary(summary: string): string {
  return Buffer.from(JSON.stringify({ summary })).toString('base64url')
}

/** The summary in such an item; null for what another server wrote. */
export function readSummary(carried: unknown): string | null {
  if (typeof carried !== 'string') return null
  try {
    const text = Buffer.from(carried, 'base64url').toString('utf8')
    return carriedSchema.parse(JSON.parse(text)).summary
  } catch {
    return null
  }
}
