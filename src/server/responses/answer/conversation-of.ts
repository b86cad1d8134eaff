import type { Event } from '../../../core/log/event.ts'
import { fold } from '../../../core/log/fold/fold.ts'
import type { RunRecord } from '../../../core/log/record/run-record.ts'
import type { Plan } from '../../../core/spec/plan.ts'
import { toConversation, type ConversationMessage } from '../../continuation/conversation.ts'

/** The conversation of a run as its log has it, with what calls that do not wait came to. */
export function conversationOf(
  plan: Plan,
  events: readonly Event[],
  record: RunRecord,
): readonly ConversationMessage[] {
  const { transcript } = fold(plan.histories, events).branch
  const waiting = new Set((record.pending ?? []).map(({ call }) => call))
  const settled = record.steps
    .flatMap((step) => step.tool_calls)
    .filter(({ call, result, error }) => !waiting.has(call) && (result ?? error) !== undefined)
  return toConversation(transcript, new Map(settled.map((call) => [call.call, call])))
}
