import { z } from 'zod'
import { MAX_NOTES, type MemorySpec } from './memory-spec.ts'

/** The zod schema of a workflow's `memory` (memory-spec.ts). */
export const memorySchema: z.ZodType<MemorySpec> = z
  .strictObject({
    record: z.string().min(1).max(1_000).describe('a template: whose memory it is'),
    recall: z
      .union([
        z.boolean(),
        z.strictObject({
          limit: z.int().min(1).max(MAX_NOTES).exactOptional().describe('notes at most; 10'),
          query: z
            .string()
            .min(1)
            .max(4_000)
            .exactOptional()
            .describe('a template: only notes that match it'),
        }),
      ])
      .exactOptional()
      .describe('notes of the record, as data before the first step'),
    memorize: z
      .union([z.boolean(), z.strictObject({ capture_tool_results: z.boolean().exactOptional() })])
      .exactOptional()
      .describe('keep the message and the output of each turn that completes'),
  })
  .describe('notes that outlive a run')
