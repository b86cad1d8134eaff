import { z } from 'zod'
import type { Guideline, GuidelinesSpec } from './guideline.ts'

/** How an id is written: what a file name may be. */
export const GUIDELINE_ID: RegExp = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,127}$/u

/** Characters of one guideline at most. */
export const MAX_GUIDELINE_CHARS = 100_000

const id = z.string().regex(GUIDELINE_ID, 'an id is letters, digits, `.`, `_` and `-`, 128 in all')
const gate = z.string().min(1).max(64)
const gates = z.union([gate, z.array(gate).min(1)])

/** What stands in the front matter of a guideline's file, but for its id and title. */
export const guidelineMembers: {
  readonly summary: z.ZodExactOptional<z.ZodString>
  readonly tags: z.ZodExactOptional<z.ZodArray<z.ZodString>>
  readonly priority: z.ZodExactOptional<z.ZodType<NonNullable<Guideline['priority']>>>
  readonly always: z.ZodExactOptional<z.ZodBoolean>
  readonly enforced_by: z.ZodExactOptional<z.ZodType<NonNullable<Guideline['enforced_by']>>>
} = {
  summary: z.string().min(1).max(4_000).exactOptional(),
  tags: z.array(z.string().min(1).max(64)).max(32).exactOptional(),
  priority: z
    .union([z.enum(['critical', 'normal', 'supplementary']), z.number().min(0).max(1_000)])
    .exactOptional(),
  always: z.boolean().exactOptional(),
  enforced_by: z.union([gates, z.record(z.string().min(1), gates)]).exactOptional(),
}

const guideline: z.ZodType<Guideline> = z.strictObject({
  id,
  title: z.string().min(1).max(200),
  text: z.string().min(1).max(MAX_GUIDELINE_CHARS),
  ...guidelineMembers,
})

/** The zod schema of a workflow's `guidelines` (S0.20). */
export const guidelinesSchema: z.ZodType<readonly string[] | GuidelinesSpec> = z
  .union([
    z.array(id).max(100),
    z.strictObject({
      ids: z.array(id).max(100).exactOptional().describe('applied by name'),
      match: z
        .enum(['balanced', 'strict', 'broad'])
        .exactOptional()
        .describe('also those that fit the task'),
      mode: z.enum(['fast', 'deep', 'auto']).exactOptional(),
      budget: z.int().min(100).max(200_000).exactOptional().describe('tokens; 10000'),
      folder: z.string().min(1).exactOptional().describe('a path from this file; guidelines'),
      texts: z.array(guideline).max(500).exactOptional().describe('in the place of a folder'),
    }),
  ])
  .describe('guidelines by id')
