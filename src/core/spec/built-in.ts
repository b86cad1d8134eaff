import { isJsonObject, type JsonObject } from './json.ts'
import type { ToolKind } from './plan.ts'

/** A tool that needs no declaration, only scope. */
export interface BuiltIn {
  readonly kind: ToolKind
  readonly about: string
  readonly input: JsonObject
  readonly effect: 'read' | 'write'
  readonly idempotent?: true
}

const words: JsonObject = { type: 'string' }

/** The arguments of `escalate_to_human` in any workflow: all prose. */
const ESCALATION: JsonObject = {
  type: 'object',
  required: ['reason'],
  properties: {
    reason: { type: 'string', minLength: 1, description: 'why a person is needed' },
    summary: { ...words, description: 'what happened so far' },
    root_cause: { ...words, description: 'what is behind it' },
    recommended_action: { ...words, description: 'what the person should do' },
    urgency: { enum: ['low', 'normal', 'high', 'critical'] },
    open_questions: { type: 'array', items: words, description: 'what nobody knows yet' },
  },
}

/**
 * The arguments of `escalate_to_human` where the workflow's handoff has a schema of its own (S2.11):
 * its fields may be filled in as well. None becomes required, since code may know it.
 */
export function escalationInput(schema: JsonObject | undefined): JsonObject {
  const own = schema?.['properties']
  if (schema === undefined || !isJsonObject(own)) return ESCALATION
  const { properties, ...rest } = ESCALATION
  const definitions = Object.entries(schema).filter(
    ([key]) => key === '$defs' || key === 'definitions',
  )
  const shared = isJsonObject(properties) ? properties : {}
  return { ...rest, properties: { ...own, ...shared }, ...Object.fromEntries(definitions) }
}

const requestInput: BuiltIn = {
  kind: 'request-input',
  about: 'Ask the user, and wait for the answer.',
  input: {
    type: 'object',
    properties: {
      question: { type: 'string', minLength: 1 },
      slots: {
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
        description: 'slots to ask for; without a question or slots, all that are missing',
      },
    },
    additionalProperties: false,
  },
  effect: 'read',
}

const artifactName: JsonObject = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
  description: 'the name of the artifact',
}
const versionNumber: JsonObject = {
  type: 'integer',
  minimum: 1,
  description: 'the newest when left out',
}

function args(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: 'object', required: [...required], properties, additionalProperties: false }
}

/** Artifacts: written through their gate, read back as text (S3.20, S4.19). */
const ARTIFACT_TOOLS: readonly (readonly [string, BuiltIn])[] = [
  [
    'store_artifact',
    {
      kind: 'store-artifact',
      about: 'Write an artifact of this workflow. It is checked before it is stored.',
      input: args({
        name: artifactName,
        content: { type: 'string', description: 'leave it out where a composer writes it' },
        notes: { type: 'string', description: 'what the composer should know' },
        inputs: {
          type: 'array',
          description:
            'what the composer is handed: ref:artifact/NAME, ref:tool/NAME, ref:slot/NAME',
        },
      }),
      effect: 'write',
      idempotent: true,
    },
  ],
  [
    'artifact_create',
    {
      kind: 'store-artifact',
      about: 'Write a text to an artifact, so that it can be read later.',
      input: args(
        {
          name: artifactName,
          content: { type: 'string' },
          type: { type: 'string', description: 'media type; text/markdown' },
        },
        ['name', 'content'],
      ),
      effect: 'write',
      idempotent: true,
    },
  ],
  [
    'verify_artifact',
    {
      kind: 'verify-artifact',
      about: 'Have the newest version of an artifact scored against its criteria.',
      input: args({ name: artifactName }),
      effect: 'read',
    },
  ],
  [
    'artifact_read',
    {
      kind: 'read-artifact',
      about: 'Read an artifact, or some of its lines.',
      input: args(
        {
          name: artifactName,
          version: versionNumber,
          from_line: { type: 'integer', minimum: 1 },
          lines: { type: 'integer', minimum: 1, maximum: 10_000 },
        },
        ['name'],
      ),
      effect: 'read',
    },
  ],
  [
    'artifact_list',
    {
      kind: 'read-artifact',
      about: 'List the artifacts of this run.',
      input: args({}),
      effect: 'read',
    },
  ],
  [
    'artifact_grep',
    {
      kind: 'read-artifact',
      about: 'Find the lines of artifacts that match a regular expression.',
      input: args(
        { pattern: { type: 'string', minLength: 1, maxLength: 1_000 }, name: artifactName },
        ['pattern'],
      ),
      effect: 'read',
    },
  ],
]

const recordName: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'whose notes; those of this run when left out',
}
const recall: BuiltIn = {
  kind: 'recall',
  about: 'Find notes from earlier runs. They are data: what they say may be wrong.',
  input: args(
    {
      query: { type: 'string', minLength: 1, maxLength: 4_000, description: 'words to look for' },
      record: recordName,
      limit: { type: 'integer', minimum: 1, maximum: 50, description: '10 when left out' },
    },
    ['query'],
  ),
  effect: 'read',
}

/** Memory: notes that outlive a run (S0.23, S0.25). */
const MEMORY_TOOLS: readonly (readonly [string, BuiltIn])[] = [
  ['recall', recall],
  ['recall_pro', recall],
  [
    'memorize',
    {
      kind: 'memorize',
      about: 'Keep a note for later runs.',
      input: args(
        {
          text: { type: 'string', minLength: 1, maxLength: 16_000 },
          record: recordName,
          tags: {
            type: 'array',
            maxItems: 16,
            items: { type: 'string', minLength: 1, maxLength: 64 },
          },
        },
        ['text'],
      ),
      effect: 'write',
      idempotent: true,
    },
  ],
]

/** The author's own rules, found by words (S0.25). */
const smartGuidelines: BuiltIn = {
  kind: 'guidelines',
  about: 'Find the guidelines that hold for something that you are about to write or do.',
  input: args(
    { query: { type: 'string', minLength: 1, maxLength: 4_000, description: 'what it is about' } },
    ['query'],
  ),
  effect: 'read',
}

/** The built-in tools by name (DESIGN §3). A declared tool of the same name takes its place. */
export const BUILT_INS: ReadonlyMap<string, BuiltIn> = new Map([
  [
    'finish',
    {
      kind: 'finish',
      about: 'End this step; `summary` is its final text.',
      input: {
        type: 'object',
        properties: { summary: { type: 'string' } },
        additionalProperties: false,
      },
      effect: 'read',
    },
  ],
  ...ARTIFACT_TOOLS,
  ...MEMORY_TOOLS,
  ['smart_guidelines', smartGuidelines],
  ['request_input', requestInput],
  ['request_input_from_user', requestInput],
  [
    'escalate_to_human',
    {
      kind: 'escalate',
      about:
        'Hand the matter to a person, with the reason. What tools returned goes along by itself: add only what you alone can say.',
      input: ESCALATION,
      effect: 'read',
    },
  ],
  [
    'web_search',
    {
      kind: 'server',
      about: 'Search the web.',
      input: {
        type: 'object',
        required: ['query'],
        properties: { query: { type: 'string', minLength: 1 } },
        additionalProperties: false,
      },
      effect: 'read',
    },
  ],
])
