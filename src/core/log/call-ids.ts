import type { AnswerPart, EventOf } from './event.ts'
import type { Message } from './message.ts'

/**
 * Gives each call of an answer an id of its own within the run: a model may repeat one or leave it
 * out (Law 6). `used` is what came before, and is added to.
 */
export function withOwnIds(
  event: EventOf<'model.answered'>,
  used: Set<string>,
): readonly AnswerPart[] {
  return event.parts.map((part, index) => {
    if (part.type !== 'call') return part
    let id = part.id
    if (id === '' || used.has(id)) id = `call_${event.call}_${index}`
    while (used.has(id)) id = `${id}_`
    used.add(id)
    return id === part.id ? part : { ...part, id }
  })
}

/** The ids of the calls in a conversation that was had elsewhere: no call of the run has one of them. */
export function callIdsIn(history: readonly Message[] = []): readonly string[] {
  return history.flatMap((message) =>
    message.role === 'assistant'
      ? message.parts.flatMap((part) => (part.type === 'call' ? [part.id] : []))
      : [],
  )
}

/** The text of an answer, without its reasoning and calls. */
export function textOf(parts: readonly AnswerPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
