import type { JsonObject } from '../../../core/spec/json.ts'
import {
  textPart,
  type CallItem,
  type MessageItem,
  type OutputItem,
  type ReasoningItem,
} from './output-items.ts'
import type { SseWriter } from './sse-writer.ts'

/** Tells of output items in OpenAI's events, each once and in the order in which they begin. */
export interface ItemStream {
  /** A piece of a message's text; the first begins the item. */
  delta(id: string, text: string): void
  /** An item as it is in the end; one that was told of whole already is not told of again. */
  whole(item: OutputItem): void
  /** What was told of, whole. */
  written(): readonly OutputItem[]
}

interface Open {
  readonly id: string
  readonly index: number
  text: string
}

/** What was told so far. */
interface Telling {
  readonly writer: SseWriter
  readonly items: OutputItem[]
  readonly known: Set<string>
  open: Open | null
}

/** Makes the items of one stream. */
export function createItemStream(writer: SseWriter): ItemStream {
  const telling: Telling = { writer, items: [], known: new Set(), open: null }
  return {
    delta(id, text) {
      if (telling.known.has(id)) return
      if (telling.open !== null && telling.open.id !== id) giveUp(telling)
      telling.open ??= begin(telling, id)
      add(telling, telling.open, text)
    },
    whole(item) {
      if (telling.known.has(item.id)) return
      if (telling.open !== null && telling.open.id !== item.id) giveUp(telling)
      switch (item.type) {
        case 'message':
          return message(telling, item)
        case 'function_call':
          return call(telling, item)
        case 'reasoning':
          return reasoning(telling, item)
      }
    },
    written: () => telling.items,
  }
}

function begin({ writer, items }: Telling, id: string): Open {
  const index = items.length
  const item = { type: 'message', id, status: 'in_progress', role: 'assistant', content: [] }
  writer.send({ type: 'response.output_item.added', output_index: index, item })
  const place = { item_id: id, output_index: index, content_index: 0 }
  writer.send({ type: 'response.content_part.added', ...place, part: { ...textPart('') } })
  return { id, index, text: '' }
}

function add({ writer }: Telling, open: Open, delta: string): void {
  if (delta === '') return
  open.text += delta
  const place = { item_id: open.id, output_index: open.index, content_index: 0 }
  writer.send({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })
}

function message(telling: Telling, item: MessageItem): void {
  const { writer } = telling
  const text = item.content.map((part) => part.text).join('')
  const open = telling.open?.id === item.id ? telling.open : begin(telling, item.id)
  telling.open = null
  if (text.startsWith(open.text)) add(telling, open, text.slice(open.text.length))
  const place = { item_id: item.id, output_index: open.index, content_index: 0 }
  writer.send({ type: 'response.output_text.done', ...place, text, logprobs: [] })
  writer.send({ type: 'response.content_part.done', ...place, part: { ...textPart(text) } })
  finish(telling, item)
}

function call(telling: Telling, item: CallItem): void {
  const { writer, items } = telling
  const place = { item_id: item.id, output_index: items.length }
  const begun = { ...item, status: 'in_progress', arguments: '' }
  writer.send({ type: 'response.output_item.added', output_index: items.length, item: begun })
  const { name, arguments: written } = item
  writer.send({ type: 'response.function_call_arguments.delta', ...place, delta: written })
  writer.send({ type: 'response.function_call_arguments.done', ...place, name, arguments: written })
  finish(telling, item)
}

function reasoning(telling: Telling, item: ReasoningItem): void {
  const { writer, items } = telling
  const begun = { ...item, summary: [], encrypted_content: null }
  writer.send({ type: 'response.output_item.added', output_index: items.length, item: begun })
  finish(telling, item)
}

function finish({ writer, items, known }: Telling, item: OutputItem): void {
  const shown: JsonObject = JSON.parse(JSON.stringify(item))
  writer.send({ type: 'response.output_item.done', output_index: items.length, item: shown })
  items.push(item)
  known.add(item.id)
}

/** A message that was begun and never came to its end: another attempt took its place. */
function giveUp(telling: Telling): void {
  if (telling.open === null) return
  const { id, text } = telling.open
  message(telling, {
    type: 'message',
    id,
    status: 'incomplete',
    role: 'assistant',
    content: [textPart(text)],
  })
}
