import { NEXT_ACTIONS } from '../spec/decision-shape.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../spec/json.ts'
import { readJson } from '../spec/read-json.ts'
import type { AnswerPart, FinishReason, Risk } from './event-parts.ts'

/*
 * The typed envelope of one model turn (S4.14): a message goes in, what the model wants done comes
 * out, once. What follows reads the envelope alone, never the shape of the message (S4.16).
 */

export { NEXT_ACTIONS } from '../spec/decision-shape.ts'

export type NextAction = (typeof NEXT_ACTIONS)[number]

/** What a model wants done next. */
export interface Decision {
  readonly next_action: NextAction
  readonly tool_name?: string
  readonly tool_args?: Json
  /** How sure the model says it is, 0 to 1: telemetry (Law 15). */
  readonly confidence: number
  readonly risk_level: Risk
  /** The model's word; the step's `accept` is what counts. */
  readonly success_criteria_met: boolean
  /** `native`: as the model wrote it; `inferred`: made from its message (S4.15). */
  readonly source: 'native' | 'inferred'
}

/** What nobody said is taken to be neither sure nor done; the tool's own tier holds. */
const UNSAID = {
  confidence: 0.5,
  risk_level: 'low',
  success_criteria_met: false,
  source: 'inferred',
} as const

/** Tools whose call is an action of its own. */
const ACTIONS: ReadonlyMap<string, NextAction> = new Map([
  ['request_input', 'ask_user'],
  ['request_input_from_user', 'ask_user'],
  ['escalate_to_human', 'human_review'],
])

/**
 * Makes an envelope from a message, with conservative defaults (S4.15). A message with several calls
 * is `call_tool` with the first of them, or what a first call of `request_input` or
 * `escalate_to_human` asks for; a message that was withheld is `fail_safe`; any other is the final
 * answer, which the step's schema and criteria then judge. Confidence 0.5, risk low (the tool's own
 * tier holds), criteria not met.
 */
export function inferDecision(parts: readonly AnswerPart[], finish: FinishReason): Decision {
  const call = parts.find((part) => part.type === 'call')
  if (call !== undefined) {
    const next_action = ACTIONS.get(call.tool) ?? 'call_tool'
    return { next_action, tool_name: call.tool, tool_args: call.args, ...UNSAID }
  }
  const withheld = finish === 'content-filter'
  return { next_action: withheld ? 'fail_safe' : 'final_answer', ...UNSAID }
}

/** An envelope as a model wrote it, and the message that it stands for. */
export type ReadEnvelope =
  | { readonly ok: true; readonly decision: Decision; readonly parts: readonly AnswerPart[] }
  | { readonly ok: false; readonly message: string }

/**
 * Reads a native envelope: one JSON object, nothing around it (S4.4: no fences are parsed). `answer`
 * is the final answer, the question or the reason; an object where the step's output has a schema.
 * `asking` is the tool that a question is put with. Says what is wrong, and what would be legal.
 */
export function readEnvelope(
  text: string,
  { asking = 'request_input' }: { readonly asking?: string } = {},
): ReadEnvelope {
  const value = parsed(text)
  if (value === null) return wrong('it is not one JSON object')
  const action = ownValue(value, 'next_action')
  if (!isAction(action)) return wrong(`\`next_action\` must be one of ${NEXT_ACTIONS.join(', ')}`)
  const confidence = ownValue(value, 'confidence')
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) {
    return wrong('`confidence` must be a number from 0 to 1')
  }
  const risk = ownValue(value, 'risk_level')
  if (risk !== 'low' && risk !== 'medium' && risk !== 'high') {
    return wrong('`risk_level` must be low, medium or high')
  }
  const met = ownValue(value, 'success_criteria_met')
  if (typeof met !== 'boolean') return wrong('`success_criteria_met` must be true or false')
  const part = partOf(value, { action, asking })
  if (typeof part === 'string') return wrong(part)
  const called = part.type === 'call' ? { tool_name: part.tool, tool_args: part.args } : {}
  return {
    ok: true,
    decision: {
      next_action: action,
      ...called,
      confidence,
      risk_level: risk,
      success_criteria_met: met,
      source: 'native',
    },
    parts: [part],
  }
}

/** The message that an envelope stands for; or what is wrong with it. */
function partOf(
  envelope: JsonObject,
  { action, asking }: { readonly action: NextAction; readonly asking: string },
): AnswerPart | string {
  // Bounded before it is written again: what is nested thousands deep cannot be.
  const read = readJson(ownValue(envelope, 'answer') ?? null)
  if (!read.ok) return `\`answer\` ${read.issues[0]?.message ?? 'is not JSON'}`
  const answer = read.value
  const said = typeof answer === 'string' ? answer : JSON.stringify(answer)
  switch (action) {
    case 'call_tool': {
      const tool = ownValue(envelope, 'tool_name')
      if (typeof tool !== 'string' || tool === '') return '`call_tool` needs `tool_name`'
      return { type: 'call', id: '', tool, args: ownValue(envelope, 'tool_args') ?? {} }
    }
    case 'ask_user': {
      const args = ownValue(envelope, 'tool_args') ?? null
      if (isJsonObject(args)) return { type: 'call', id: '', tool: asking, args }
      if (answer === null || said === '') return '`ask_user` needs the question in `answer`'
      return { type: 'call', id: '', tool: asking, args: { question: said } }
    }
    case 'human_review': {
      const reason = answer === null || said === '' ? 'the model asks for a review' : said
      return { type: 'call', id: '', tool: 'escalate_to_human', args: { reason } }
    }
    case 'final_answer':
      if (answer === null) return '`final_answer` needs the answer in `answer`'
      return { type: 'text', text: said }
    case 'fail_safe':
      return { type: 'text', text: answer === null ? '' : said }
  }
}

function parsed(text: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

function isAction(value: unknown): value is NextAction {
  return NEXT_ACTIONS.some((action) => action === value)
}

function wrong(why: string): ReadEnvelope {
  return { ok: false, message: `Your decision cannot be read: ${why}.` }
}

/** What a verifier says of an artifact (S4.4). */
export interface VerificationReport {
  /** 1 to 10. */
  readonly score: number
  readonly feedback: string
}

/** Reads a verifier's report; null for anything else than the two members, in range. */
export function readReport(text: string): VerificationReport | null {
  const value = parsed(text)
  if (value === null) return null
  const score = ownValue(value, 'score')
  const feedback = ownValue(value, 'feedback') ?? ''
  const fits = typeof score === 'number' && score >= 1 && score <= 10
  return fits && typeof feedback === 'string' ? { score, feedback } : null
}
