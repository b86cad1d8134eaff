import { NEXT_ACTIONS } from '../../log/decision.ts'
import type { JsonObject } from '../../spec/json.ts'
import type { PlanStep, PlanTool } from '../../spec/plan.ts'

/**
 * The JSON Schema that binds a planner to the envelope (S4.15): the legal tools and their arguments,
 * and the actions that are open here.
 */
export function decisionSchema(step: PlanStep, legal: readonly PlanTool[]): JsonObject {
  const asks = legal.some(({ kind }) => kind === 'request-input')
  const open = NEXT_ACTIONS.filter(
    (action) => (action !== 'call_tool' || legal.length > 0) && (action !== 'ask_user' || asks),
  )
  const nothing: JsonObject = { type: 'null' }
  const answer: JsonObject = step.output?.schema ?? { type: 'string' }
  const said: readonly JsonObject[] = step.output === null ? [answer] : [answer, { type: 'string' }]
  const tools = legal.map(({ name, about }) => (about === '' ? name : `${name}: ${about}`))
  return {
    type: 'object',
    additionalProperties: false,
    required: [
      'next_action',
      'tool_name',
      'tool_args',
      'answer',
      'confidence',
      'risk_level',
      'success_criteria_met',
    ],
    properties: {
      next_action: { enum: open },
      tool_name: {
        anyOf: legal.length === 0 ? [nothing] : [{ enum: legal.map(({ name }) => name) }, nothing],
        description: `the tool to call now. ${tools.join(' | ')}`,
      },
      tool_args: { anyOf: [...legal.map(({ input }) => input), nothing] },
      answer: {
        anyOf: [...said, nothing],
        description: 'the final answer, the question to the user, or why a person is needed',
      },
      confidence: { type: 'number', minimum: 0, maximum: 1 },
      risk_level: { enum: ['low', 'medium', 'high'] },
      success_criteria_met: { type: 'boolean' },
    },
  }
}

/** The JSON Schema of a verifier's report (S4.4). */
export const REPORT_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['score', 'feedback'],
  properties: {
    score: { type: 'integer', minimum: 1, maximum: 10 },
    feedback: { type: 'string', description: 'what is wrong, if anything, and what would mend it' },
  },
}
