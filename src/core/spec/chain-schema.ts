import { z } from 'zod'
import type { ArtifactSpec, DecisionsSpec, LocaleSpec, RefuseSpec, SlotSpec } from './chain-spec.ts'
import type { ModelSettings } from './model-settings.ts'

/*
 * The zod schemas of the chain's parts of a workflow (chain-spec.ts).
 */

const name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
    'a name starts with a letter, then letters, digits, _ or -, 64 in all',
  )
const words = z.string().min(1).max(10_000)
const prompt = z.string().min(1).max(200_000).describe('a template')
const jsonSchema = z.record(z.string(), z.json()).describe('a JSON Schema (2020-12)')
const path = z.string().min(1).max(1_000).describe('an RFC 9535 JSONPath')
const count = z.int().min(0)

/** Settings of a model call; each provider takes what it knows. */
export const modelSettings: z.ZodType<ModelSettings> = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().min(0).max(1).exactOptional(),
  max_output_tokens: z.int().min(1).exactOptional(),
  seed: z.int().exactOptional(),
  provider: z
    .record(z.string(), z.record(z.string(), z.json()))
    .exactOptional()
    .describe('provider options, by provider'),
})

const section = z.union([
  words,
  z.strictObject({ name: words, synonyms: z.array(words).min(1).exactOptional() }),
])
const pattern = z.union([
  words.describe('a regular expression, without regard to case'),
  z.strictObject({
    pattern: words,
    flags: z
      .string()
      .regex(/^[imsu]*$/, 'flags are of i, m, s and u')
      .exactOptional(),
    reason: words.exactOptional(),
  }),
])

const rules = z.strictObject({
  min_chars: count.exactOptional().describe('characters at least'),
  max_chars: z.int().min(1).exactOptional(),
  sections: z.array(section).min(1).exactOptional().describe('sections that must be there'),
  forbid: z.array(pattern).min(1).exactOptional().describe('patterns that must not be there'),
  format: z.enum(['markdown', 'json', 'html', 'text']).exactOptional(),
  schema: jsonSchema.exactOptional().describe('of a format: json artifact'),
  placeholders: z
    .strictObject({
      forbid: z.array(pattern).min(1).exactOptional(),
      allow: z.array(words).min(1).exactOptional().describe('texts that are no placeholder here'),
    })
    .exactOptional(),
})

const quality = z.strictObject({
  description: words.exactOptional(),
  required_sections: z.array(section).min(1).exactOptional(),
  anti_patterns: z.array(pattern).min(1).exactOptional(),
  min_length: count.exactOptional(),
  quality_checks: z
    .array(
      z.strictObject({
        type: z.enum(['absent', 'present']),
        patterns: z.array(pattern).min(1),
        reason: words.exactOptional(),
        min_matches: z.int().min(1).exactOptional(),
      }),
    )
    .min(1)
    .exactOptional(),
  structural_checks: z
    .array(
      z.strictObject({
        type: z.enum(['min_paragraphs', 'min_lines', 'min_words']),
        count: z.int().min(1),
      }),
    )
    .min(1)
    .exactOptional(),
})

/** One artifact (S4.19). */
export const artifactSchema: z.ZodType<ArtifactSpec> = z.strictObject({
  about: words.exactOptional(),
  type: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'a media type, like text/markdown')
    .exactOptional(),
  compose: z
    .strictObject({
      prompt,
      model: words.exactOptional(),
      settings: modelSettings.exactOptional(),
      inputs: z.record(name, path).exactOptional().describe('what the composer is handed'),
    })
    .exactOptional()
    .describe('who writes the content when the planner gives none'),
  rules: rules.exactOptional(),
  quality: quality.exactOptional(),
  verify: z
    .strictObject({
      prompt,
      model: words.exactOptional(),
      settings: modelSettings.exactOptional(),
      pass: z.number().min(1).max(10).exactOptional().describe('the least score of 1 to 10; 7'),
      attempts: z.int().min(1).max(20).exactOptional().describe('versions in all; 3'),
    })
    .exactOptional()
    .describe('who scores a stored version before it is published'),
  ttl: z.number().positive().exactOptional().describe('seconds that a version is kept'),
})

/** One slot (S4.33). */
export const slotSchema: z.ZodType<SlotSpec> = z.strictObject({
  type: z.enum(['choice', 'multi_choice', 'text', 'number', 'boolean', 'file', 'date']),
  question: words.exactOptional(),
  required: z.boolean().exactOptional(),
  options: z.array(words).min(1).exactOptional(),
  default: z.json().exactOptional(),
  validation: jsonSchema.exactOptional(),
  depends_on: z
    .union([name, z.array(name).min(1), z.record(name, z.json())])
    .exactOptional()
    .describe('slots that must be filled before'),
})

/** Language and conventions. */
export const localeSchema: z.ZodType<LocaleSpec> = z.strictObject({
  language: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 tag, like de-CH'),
  timezone: words.exactOptional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'an ISO 4217 code, like EUR')
    .exactOptional(),
  rules: z.array(words).min(1).exactOptional(),
})

/** What is not answered. */
export const refuseSchema: z.ZodType<RefuseSpec> = z.strictObject({
  topics: z.array(words).min(1),
  say: words.exactOptional(),
})

const mode = z.enum(['native', 'infer'])

/** The envelope of a model's turn (S4.15). */
export const decisionsSchema: z.ZodType<'native' | 'infer' | DecisionsSpec> = z.union([
  mode,
  z.strictObject({
    mode: mode.exactOptional(),
    doubt: z
      .strictObject({ below: z.number().min(0).max(1), turns: z.int().min(1) })
      .exactOptional()
      .describe('when a run of doubtful decisions is an event'),
  }),
])
