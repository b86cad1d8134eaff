import type { AnswerPart, EventOf } from './event.ts'

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

/** The text of an answer, without its reasoning and calls. */
export function textOf(parts: readonly AnswerPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
