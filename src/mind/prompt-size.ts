import type { AnswerPart, Usage } from '../core/log/event.ts'
import type { Message } from '../core/log/message.ts'
import type { MindRequest } from './mind.ts'

const CHARACTERS_PER_TOKEN = 4

/** Counts a prompt's characters; messages counted before are not read again. */
export class PromptSize {
  #counted = 0
  #last: Message | undefined
  #characters = 0

  /** A function of the request and the answer alone: four characters a token, nothing cached. */
  estimate(request: MindRequest, parts: readonly AnswerPart[]): Usage {
    const { messages } = request
    if (this.#counted > 0 && messages[this.#counted - 1] !== this.#last) {
      this.#counted = 0
      this.#characters = 0
    }
    for (; this.#counted < messages.length; this.#counted++) {
      const message = messages[this.#counted]
      if (message !== undefined) this.#characters += messageSize(message)
      this.#last = message
    }
    const fixed = (request.system?.length ?? 0) + sizeOf(request.tools)
    return {
      input: Math.ceil((this.#characters + fixed) / CHARACTERS_PER_TOKEN),
      output: Math.ceil(partsSize(parts) / CHARACTERS_PER_TOKEN),
      cached: 0,
    }
  }
}

function messageSize(message: Message): number {
  if (message.role === 'user') return message.text.length
  return message.role === 'tool' ? sizeOf(message.results) : partsSize(message.parts)
}

function partsSize(parts: readonly AnswerPart[]): number {
  return parts.reduce((sum, part) => {
    return sum + (part.type === 'call' ? part.tool.length + sizeOf(part.args) : part.text.length)
  }, 0)
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0
}
