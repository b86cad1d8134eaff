import type { JsonObject } from './json.ts'

/** What a model may want done next (S4.14). */
export const NEXT_ACTIONS = [
  'call_tool',
  'ask_user',
  'final_answer',
  'human_review',
  'fail_safe',
] as const

/**
 * JSON Schema of `$.decision`, as transitions and criteria read it: the last envelope, and whether the
 * last confidences were all under the workflow's threshold (S4.18). No gate reads it (Law 15).
 */
export const DECISION_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    next_action: { enum: NEXT_ACTIONS },
    confidence: { type: 'number' },
    risk_level: { enum: ['low', 'medium', 'high'] },
    success_criteria_met: { type: 'boolean' },
    in_doubt: { type: 'boolean' },
  },
}

/** The members of `$.decision`. */
export const DECISION_PARTS: readonly string[] = [
  'next_action',
  'confidence',
  'risk_level',
  'success_criteria_met',
  'in_doubt',
]
