import { inferDecision, type Decision } from '../core/log/decision.ts'
import type { AnswerPart, Event, EventOf, Usage } from '../core/log/event.ts'
import { withOwnIds } from '../core/log/call-ids.ts'
import { modelAsked } from './model-asked.ts'
import { endSpan, openSpan, type Attributes } from './span.ts'
import { cutModel } from './read-run.ts'
import { lineOf, ofBranch, placeOf, stepOf, type Line, type TraceDraft } from './trace-draft.ts'
import { asJson, word } from './words.ts'

/*
 * Model calls as `chat` spans, one for each attempt, with what the envelope says (S4.18).
 */

/** Reads an event of a model call; false where it is none. */
export function readModel(draft: TraceDraft, event: Event): boolean {
  switch (event.type) {
    case 'model.called':
      readCalled(draft, event)
      return true
    case 'model.answered':
      readAnswered(draft, event)
      return true
    case 'model.failed':
      readFailed(draft, event)
      return true
    default:
      return false
  }
}

function readCalled(draft: TraceDraft, event: EventOf<'model.called'>): void {
  const line = lineOf(draft, event)
  cutModel(draft, line, event.at)
  const step = stepOf(draft, line, event)
  const asked = modelAsked(line.plan, { chosen: draft.model, called: event })
  const role = event.role ?? 'planner'
  const span = openSpan(placeOf(draft, event), {
    traceId: draft.trace,
    parent: draft.calls.get(event.tool ?? '')?.span ?? step,
    name: asked === null ? 'chat' : `chat ${asked.model}`,
    kind: 'client',
    part: 'chat',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.conversation.id': draft.run,
      ...(asked === null ? {} : { 'gen_ai.request.model': asked.model }),
      ...(asked?.provider ? { 'gen_ai.provider.name': asked.provider } : {}),
      'lockstep.role': role,
      'lockstep.step.name': event.step,
      'lockstep.model.call': event.call,
      'lockstep.model.attempt': event.attempt,
      ...(event.closing ? { 'lockstep.model.closing': true } : {}),
      ...(event.artifact === undefined ? {} : { 'lockstep.artifact': event.artifact }),
      ...ofBranch(line),
    },
  })
  line.model = { span, role }
}

function readAnswered(draft: TraceDraft, event: EventOf<'model.answered'>): void {
  const line = lineOf(draft, event)
  const parts = draft.content ? withOwnIds(event, draft.callIds) : event.parts
  if (draft.content) keepArguments(draft, line, parts)
  if (line.model === null) return
  const { span, role } = line.model
  line.model = null
  const malformed = event.malformed !== undefined
  const decision =
    role === 'planner' && !malformed
      ? (event.decision ?? inferDecision(event.parts, event.finish))
      : null
  const attributes: Attributes = {
    ...usageOf(event.usage, event.usd),
    'gen_ai.response.finish_reasons': [event.finish.replace('-', '_')],
    ...(decision === null ? {} : decisionOf(decision)),
    ...(malformed ? { 'lockstep.decision.malformed': true } : {}),
    ...(draft.content ? { 'gen_ai.output.messages': messagesOf(parts, event.finish) } : {}),
  }
  draft.ended.push(endSpan(span, { at: event.at, attributes }))
}

function readFailed(draft: TraceDraft, event: EventOf<'model.failed'>): void {
  const line = lineOf(draft, event)
  if (line.model === null) return
  const { span } = line.model
  line.model = null
  const { error, usage } = event
  draft.ended.push(
    endSpan(span, {
      at: event.at,
      error: word(error.code),
      attributes: {
        ...(usage === undefined ? {} : usageOf(usage, event.usd)),
        ...(error.retryable === undefined ? {} : { 'lockstep.error.retryable': error.retryable }),
        ...(draft.content ? { 'lockstep.error.message': asJson(error.message) } : {}),
      },
    }),
  )
}

function usageOf(usage: Usage, usd: number | undefined): Attributes {
  return {
    'gen_ai.usage.input_tokens': usage.input,
    'gen_ai.usage.output_tokens': usage.output,
    'gen_ai.usage.cache_read.input_tokens': usage.cached,
    ...(usd === undefined ? {} : { 'lockstep.cost_usd': usd }),
  }
}

function decisionOf(decision: Decision): Attributes {
  return {
    'lockstep.decision.confidence': decision.confidence,
    'lockstep.decision.next_action': decision.next_action,
    'lockstep.decision.risk': decision.risk_level,
    'lockstep.decision.criteria_met': decision.success_criteria_met,
    'lockstep.decision.source': decision.source,
  }
}

function keepArguments(draft: TraceDraft, line: Line, parts: readonly AnswerPart[]): void {
  for (const part of parts) {
    if (part.type !== 'call') continue
    const judging = { tool: part.tool, branch: line.branch, verdict: '', judged: null }
    draft.calls.set(part.id, { ...judging, notes: [], span: null, args: asJson(part.args) })
  }
}

/** An answer in the shape of the conventions. */
function messagesOf(parts: readonly AnswerPart[], finish: string): string {
  const shown = parts.map((part) => {
    if (part.type === 'call') {
      return { type: 'tool_call', id: part.id, name: part.tool, arguments: part.args }
    }
    return { type: part.type, content: part.text }
  })
  return asJson([{ role: 'assistant', parts: shown, finish_reason: finish.replace('-', '_') }])
}
