import { readEnvelope, type Decision } from '../core/log/decision.ts'
import { textOf } from '../core/log/call-ids.ts'
import type { AnswerPart } from '../core/log/event.ts'
import { isJsonObject, ownValue, type Json } from '../core/spec/json.ts'
import type { Plan, PlanStep } from '../core/spec/plan.ts'
import type { MindAnswer } from '../mind/mind.ts'

/*
 * A native envelope (S4.15): the JSON text that a model was bound to goes in, out comes the message
 * that it stands for, so that a history reads the same whichever way a decision came.
 */

/** A message, and the envelope that it came in; or why none can be read. */
export interface Decided {
  readonly parts: readonly AnswerPart[]
  readonly decision?: Decision
  readonly malformed?: string
}

/**
 * The message that a native envelope stands for. A message that calls tools by itself needs none, and
 * one that was withheld has none: both envelopes are inferred. Reasoning stays where it was.
 */
export function asDecided(
  { parts, finish }: MindAnswer,
  on: { readonly plan: Plan; readonly step: PlanStep },
): Decided {
  if (finish === 'content-filter' || parts.some((part) => part.type === 'call')) return { parts }
  const { plan, step } = on
  const asking = step.tools.find((name) => plan.tools.get(name)?.kind === 'request-input')
  const envelope = readEnvelope(textOf(parts), asking === undefined ? {} : { asking })
  if (!envelope.ok) return { parts, malformed: envelope.message }
  const rest = parts.filter((part) => part.type !== 'text')
  return { parts: [...rest, ...envelope.parts], decision: envelope.decision }
}

/**
 * A native answer as it may be kept: its arguments go through `hide`, its text stays an envelope that
 * replays (Law 17). What is no envelope is returned as it is.
 */
export function hideInEnvelope(
  parts: readonly AnswerPart[],
  hide: (call: { readonly tool: string; readonly args: Json }) => Json,
): readonly AnswerPart[] {
  const envelope = parsed(textOf(parts))
  const tool = isJsonObject(envelope) ? ownValue(envelope, 'tool_name') : null
  const args = isJsonObject(envelope) ? ownValue(envelope, 'tool_args') : undefined
  if (!isJsonObject(envelope) || typeof tool !== 'string' || args === undefined) return parts
  const hidden = hide({ tool, args })
  if (hidden === args) return parts
  const text = JSON.stringify({ ...envelope, tool_args: hidden })
  return [...parts.filter((part) => part.type !== 'text'), { type: 'text', text }]
}

function parsed(text: string): Json {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return null
  }
}
