import { callIdsIn, textOf, withOwnIds } from '../../../core/log/call-ids.ts'
import type { AnswerPart, Event, Pending } from '../../../core/log/event.ts'
import { carryReasoning } from '../request/reasoning.ts'
import { hexOf } from '../run-reference.ts'

/*
 * A run's log as OpenAI's output items: what its last step wrote, and the calls that wait for the
 * caller. Earlier steps are in `steps`; an item for each would make one text of them all.
 */

export type OutputItem = MessageItem | CallItem | ReasoningItem

export interface MessageItem {
  readonly type: 'message'
  readonly id: string
  readonly status: 'completed' | 'in_progress' | 'incomplete'
  readonly role: 'assistant'
  readonly content: readonly TextPart[]
}

export interface TextPart {
  readonly type: 'output_text'
  readonly text: string
  readonly annotations: readonly never[]
  readonly logprobs: readonly never[]
}

export interface CallItem {
  readonly type: 'function_call'
  readonly id: string
  readonly call_id: string
  readonly name: string
  readonly arguments: string
  readonly status: 'completed' | 'in_progress'
}

export interface ReasoningItem {
  readonly type: 'reasoning'
  readonly id: string
  readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[]
  readonly encrypted_content: string
}

/** A message of the run, by the model call that wrote it. */
export function messageItem(run: string, call: number, text: string): MessageItem {
  return {
    type: 'message',
    id: messageId(run, call),
    status: 'completed',
    role: 'assistant',
    content: [textPart(text)],
  }
}

export function textPart(text: string): TextPart {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

export function messageId(run: string, call: number): string {
  return `msg_${hexOf(run)}_${call.toString(36)}`
}

/** A call that waits for the caller; `callId` is what it is answered by. */
export function callItem(run: string, pending: Pending, callId: string): CallItem {
  const { call, tool, args } = pending
  return {
    type: 'function_call',
    id: `fc_${hexOf(run)}_${call}`,
    call_id: callId,
    name: tool,
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
    status: 'completed',
  }
}

interface Draft {
  readonly callIds: Set<string>
  /** Model calls of composers and verifiers, whose words are not the run's. */
  readonly aside: Set<number>
  items: (MessageItem | ReasoningItem)[]
  /** How many items the last answer has. */
  last: number
  finish: string
}

/** What a response holds beside the calls that wait, and why its last answer ended. */
export interface Said {
  readonly items: readonly (MessageItem | ReasoningItem)[]
  readonly finish: string
}

/**
 * What the run itself said since event `from`, in its last step: an answer that was sent back is not
 * among it. With `reasoning` also what its provider wants back.
 */
export function saidSince(
  events: readonly Event[],
  on: { readonly run: string; readonly from: number; readonly reasoning: boolean },
): Said {
  const draft: Draft = { callIds: new Set(), aside: new Set(), items: [], last: 0, finish: 'stop' }
  for (const event of events) {
    if (event.type === 'run.started') {
      for (const id of callIdsIn(event.history)) draft.callIds.add(id)
    }
    if (event.branch !== undefined) continue
    readEvent(draft, event, on)
  }
  return { items: draft.items, finish: draft.finish }
}

function readEvent(
  draft: Draft,
  event: Event,
  on: { readonly run: string; readonly from: number; readonly reasoning: boolean },
): void {
  switch (event.type) {
    case 'turn.started':
    case 'step.entered':
      draft.items = []
      draft.last = 0
      return
    case 'model.called':
      if (event.role !== undefined) draft.aside.add(event.call)
      return
    case 'model.answered': {
      if (draft.aside.has(event.call)) return
      const parts = withOwnIds(event, draft.callIds)
      draft.finish = event.finish
      if (event.seq <= on.from) return
      const items = itemsOf(parts, { ...on, call: event.call })
      draft.items.push(...items)
      draft.last = items.length
      return
    }
    case 'output.rejected':
    case 'criteria.failed':
      draft.items.length -= draft.last
      draft.last = 0
      return
    case 'step.completed':
      // `finish` says the final text itself.
      if (event.text !== undefined && event.text !== '') {
        draft.items.push(messageItem(on.run, 0, event.text))
      }
      return
    default:
  }
}

function itemsOf(
  parts: readonly AnswerPart[],
  on: { readonly run: string; readonly call: number; readonly reasoning: boolean },
): readonly (MessageItem | ReasoningItem)[] {
  const text = textOf(parts)
  const thoughts = on.reasoning
    ? parts.flatMap((part, index): ReasoningItem[] =>
        part.type === 'reasoning'
          ? [
              {
                type: 'reasoning',
                id: `rs_${hexOf(on.run)}_${on.call.toString(36)}_${index}`,
                summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }],
                encrypted_content: carryReasoning(part),
              },
            ]
          : [],
      )
    : []
  return text === '' ? thoughts : [...thoughts, messageItem(on.run, on.call, text)]
}
