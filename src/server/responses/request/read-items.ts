import { z } from 'zod'
import { jsonOrText } from '../../json-or-text.ts'
import { saidIn, textOfContent } from './content.ts'
import { badRequest } from './bad-request.ts'
import { readSummary } from '../answer/compaction.ts'
import type { History } from './history.ts'
import { readReasoning } from './reasoning.ts'
import type { InputItem } from './request-schema.ts'
import { plainCallId } from '../run-reference.ts'

/*
 * OpenAI's `input` as a conversation: messages, calls with their outputs, reasoning kept as it is.
 */

/** Finds what an `item_reference` stands for; null for what is not known here. */
export type FindItem = (id: string) => Promise<InputItem | null>

const callSchema = z.looseObject({
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
})
const outputSchema = z.looseObject({
  call_id: z.string().min(1),
  output: z.json(),
  status: z.string().nullish(),
})
const referenceSchema = z.looseObject({ id: z.string().min(1) })

/** Reads items in their order. Throws an ApiError that names the first that cannot be read. */
export async function readItems(
  items: readonly InputItem[],
  on: { readonly history: History; readonly find: FindItem },
): Promise<void> {
  const { history, find } = on
  for (const [index, item] of items.entries()) {
    const at = `input[${index}]`
    const reference = item.type === 'item_reference' || isBareReference(item)
    if (!reference) readItem(history, item, at)
    else {
      const { id } = read(referenceSchema, item, at)
      const found = await find(id)
      if (found === null) {
        const message = `${at}: the item ${id} is not kept here; send the item itself (in the AI SDK: providerOptions.openai.store = false), or use a server with a store`
        throw badRequest(message, { code: 'item_not_found', param: at })
      }
      readItem(history, found, at)
    }
  }
}

function isBareReference(item: InputItem): boolean {
  return (item.type ?? null) === null && (item.role ?? null) === null && typeof item.id === 'string'
}

function readItem(history: History, item: InputItem, at: string): void {
  const type = item.type ?? 'message'
  switch (type) {
    case 'message':
      return readMessage(history, item, at)
    case 'function_call': {
      const { call_id: call, name, arguments: written } = read(callSchema, item, at)
      history.say(
        { type: 'call', id: plainCallId(call), tool: name, args: jsonOrText(written) },
        at,
      )
      return
    }
    case 'function_call_output': {
      const { call_id: call, output, status } = read(outputSchema, item, at)
      history.answer({ call: plainCallId(call), output, failed: status === 'incomplete' }, at)
      return
    }
    case 'reasoning': {
      const part = readReasoning(item)
      if (part !== null) history.say(part, at)
      return
    }
    case 'compaction': {
      const summary = readSummary(item['encrypted_content'])
      if (summary !== null) history.hear(`Summary of the conversation so far:\n\n${summary}`, at)
      return
    }
    default: {
      const message = `${at}: items of type \`${type}\` are not read here; legal are message, function_call, function_call_output, reasoning, item_reference`
      throw badRequest(message, { code: 'unsupported_item', param: `${at}.type` })
    }
  }
}

function readMessage(history: History, item: InputItem, at: string): void {
  const content = item['content']
  switch (item.role) {
    case 'user':
      return history.hear(saidIn(content, `${at}.content`), at)
    case 'assistant':
      return history.say({ type: 'text', text: textOfContent(content, `${at}.content`) }, at)
    case 'system':
    case 'developer':
      return history.instruct(textOfContent(content, `${at}.content`))
    default: {
      const message = `${at}: \`role\` is ${JSON.stringify(item.role ?? null)}; legal are user, assistant, system, developer`
      throw badRequest(message, { code: 'invalid_role', param: `${at}.role` })
    }
  }
}

function read<Value>(schema: z.ZodType<Value>, item: InputItem, at: string): Value {
  const parsed = schema.safeParse(item)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = [at, ...(issue?.path ?? [])].join('.')
  const words = issue?.message.replace('Invalid input: ', '') ?? 'cannot be read'
  throw badRequest(`${where}: ${words}`, { code: 'invalid_request', param: where })
}
