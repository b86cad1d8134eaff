import { isJsonObject, type JsonObject } from './json.ts'
import type { ToolKind } from './plan.ts'

/** A tool that needs no declaration, only scope. */
export interface BuiltIn {
  readonly kind: ToolKind
  readonly about: string
  readonly input: JsonObject
  readonly effect: 'read' | 'write'
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
  about: 'Ask the user one question and wait for the answer.',
  input: {
    type: 'object',
    required: ['question'],
    properties: { question: { type: 'string', minLength: 1 } },
    additionalProperties: false,
  },
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
