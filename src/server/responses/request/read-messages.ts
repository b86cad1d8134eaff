import { jsonOrText } from '../../json-or-text.ts'
import { saidIn, textOfContent } from './content.ts'
import { badRequest } from './bad-request.ts'
import type { History } from './history.ts'
import type { ChatCall, ChatMessage } from './request-schema.ts'
import { plainCallId } from '../run-reference.ts'

/** Reads `messages[]` as a conversation, with calls in either shape (S0.36). */
export function readMessages(messages: readonly ChatMessage[], history: History): void {
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`
    if (message.role === 'user') {
      history.hear(saidIn(message.content, `${at}.content`), at)
      continue
    }
    const text = textOfContent(message.content, `${at}.content`)
    switch (message.role) {
      case 'system':
      case 'developer':
        history.instruct(text)
        break
      case 'assistant':
        if (text !== '') history.say({ type: 'text', text }, at)
        for (const call of message.tool_calls ?? []) history.say(toPart(call, at), at)
        break
      case 'tool': {
        const call = plainCallId(message.tool_call_id ?? '')
        history.answer({ call, output: text, failed: false }, at)
      }
    }
  }
}

function toPart({ id, name, args, function: called }: ChatCall, at: string): ToolPart {
  const tool = called?.name ?? name ?? ''
  if (tool === '') {
    throw badRequest(`${at}: the call ${id} has no name`, { code: 'invalid_request', param: at })
  }
  const given = args ?? jsonOrText(called?.arguments ?? '{}')
  return { type: 'call', id: plainCallId(id), tool, args: given }
}

type ToolPart = Extract<Parameters<History['say']>[0], { type: 'call' }>
