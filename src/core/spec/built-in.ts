import type { JsonObject } from './json.ts'
import type { ToolKind } from './plan.ts'

/** A tool that needs no declaration, only scope. */
export interface BuiltIn {
  readonly kind: ToolKind
  readonly about: string
  readonly input: JsonObject
  readonly effect: 'read' | 'write'
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
      about: 'Hand the matter to a person, with the reason.',
      input: {
        type: 'object',
        required: ['reason'],
        properties: { reason: { type: 'string', minLength: 1 } },
      },
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
