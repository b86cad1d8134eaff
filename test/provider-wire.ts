/*
 * The wire formats of the providers' APIs, as far as tests need them: one scripted reply in, the
 * body that the real API would send out, streamed or whole.
 */
import { crc32 } from 'node:zlib'

/** A piece of a model's reply. `seal` is what its provider wants back: an encrypted item, a signature. */
export type ReplyPart =
  | { readonly text: string }
  | { readonly reasoning: string; readonly seal: string }
  /** `input` is the model's JSON text, which may be malformed; `seal` as Google puts it on calls. */
  | { readonly call: string; readonly id: string; readonly input: string; readonly seal?: string }

/** A model's reply in no provider's format. */
export interface WireReply {
  readonly parts: readonly ReplyPart[]
  readonly finish: 'stop' | 'calls' | 'length'
  readonly usage: { readonly input: number; readonly cached: number; readonly output: number }
}

/** The APIs that the fake server speaks. */
export type WireApi = 'responses' | 'chat' | 'anthropic' | 'google' | 'bedrock'

/** A body and its content type. */
export interface WireBody {
  readonly type: string
  readonly body: string | Uint8Array
}

/** Writes a reply as an API would. */
export function toWire(
  reply: WireReply,
  options: { readonly api: WireApi; readonly stream: boolean },
): WireBody {
  const format = FORMATS[options.api]
  if (!options.stream)
    return { type: 'application/json', body: JSON.stringify(format.whole(reply)) }
  const events = format.events(reply)
  if (options.api === 'bedrock') {
    return { type: 'application/vnd.amazon.eventstream', body: Buffer.concat(events.map(frame)) }
  }
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`)
  const end = options.api === 'chat' ? 'data: [DONE]\n\n' : ''
  return { type: 'text/event-stream', body: lines.join('') + end }
}

type Wire = Readonly<Record<string, unknown>>

interface Format {
  readonly whole: (reply: WireReply) => Wire
  readonly events: (reply: WireReply) => readonly Wire[]
}

const FORMATS: Readonly<Record<WireApi, Format>> = {
  responses: { whole: wholeResponse, events: responseEvents },
  chat: { whole: wholeChat, events: chatEvents },
  anthropic: { whole: wholeAnthropic, events: anthropicEvents },
  google: { whole: wholeGoogle, events: (reply) => [wholeGoogle(reply)] },
  bedrock: { whole: wholeBedrock, events: bedrockEvents },
}

function wholeResponse(reply: WireReply): Wire {
  return {
    id: 'resp_1',
    created_at: 1,
    model: 'gpt-5-mini',
    output: reply.parts.map(responseItem),
    incomplete_details: reply.finish === 'length' ? { reason: 'max_output_tokens' } : null,
    usage: {
      input_tokens: reply.usage.input,
      input_tokens_details: { cached_tokens: reply.usage.cached },
      output_tokens: reply.usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
    },
  }
}

function responseItem(part: ReplyPart, index: number): Wire {
  if ('text' in part) {
    const content = [{ type: 'output_text', text: part.text, annotations: [] }]
    return { type: 'message', id: `msg_${index}`, role: 'assistant', content }
  }
  if ('reasoning' in part) {
    const summary = [{ type: 'summary_text', text: part.reasoning }]
    return { type: 'reasoning', id: `rs_${index}`, encrypted_content: part.seal, summary }
  }
  const { call, id, input } = part
  const item = {
    type: 'function_call',
    id: `fc_${index}`,
    call_id: id,
    name: call,
    arguments: input,
  }
  return { ...item, status: 'completed' }
}

function responseEvents(reply: WireReply): readonly Wire[] {
  const response = wholeResponse(reply)
  const items = reply.parts.flatMap((part, index) => {
    const item = responseItem(part, index)
    const place = { output_index: index }
    const added = { type: 'response.output_item.added', ...place, item: emptied(item) }
    const done = { type: 'response.output_item.done', ...place, item }
    return [added, ...responseDeltas(part, { ...place, item_id: item['id'] }), done]
  })
  const started = { id: 'resp_1', created_at: 1, model: 'gpt-5-mini' }
  const type = reply.finish === 'length' ? 'response.incomplete' : 'response.completed'
  return [{ type: 'response.created', response: started }, ...items, { type, response }]
}

function emptied(item: Wire): Wire {
  if (item['type'] === 'message') return { ...item, content: [] }
  return item['type'] === 'reasoning'
    ? { ...item, encrypted_content: null, summary: [] }
    : { ...item, arguments: '' }
}

function responseDeltas(part: ReplyPart, place: Wire): readonly Wire[] {
  if ('text' in part) {
    return halves(part.text).map((delta) => ({
      type: 'response.output_text.delta',
      ...place,
      delta,
    }))
  }
  if ('reasoning' in part) {
    const at = { ...place, summary_index: 0 }
    return [
      { type: 'response.reasoning_summary_part.added', ...at },
      { type: 'response.reasoning_summary_text.delta', ...at, delta: part.reasoning },
    ]
  }
  return [{ type: 'response.function_call_arguments.delta', ...place, delta: part.input }]
}

const CHAT_FINISH = { stop: 'stop', calls: 'tool_calls', length: 'length' }

function chatUsage(reply: WireReply): Wire {
  const { cached, input, output } = reply.usage
  const prompt_tokens_details = { cached_tokens: cached }
  const total_tokens = input + output
  return { prompt_tokens: input, completion_tokens: output, total_tokens, prompt_tokens_details }
}

function chatMessage(reply: WireReply): Wire {
  const text = reply.parts.map((part) => ('text' in part ? part.text : '')).join('')
  const calls = reply.parts.flatMap((part) => ('call' in part ? [part] : []))
  const tool_calls = calls.map(({ call, id, input }, index) => {
    return { index, id, type: 'function', function: { name: call, arguments: input } }
  })
  return { role: 'assistant', content: text, ...(calls.length === 0 ? {} : { tool_calls }) }
}

function wholeChat(reply: WireReply): Wire {
  const choice = { index: 0, message: chatMessage(reply), finish_reason: CHAT_FINISH[reply.finish] }
  return { id: 'chat_1', created: 1, model: 'any', choices: [choice], usage: chatUsage(reply) }
}

function chatEvents(reply: WireReply): readonly Wire[] {
  const head = { id: 'chat_1', created: 1, model: 'any' }
  const { content, ...rest } = chatMessage(reply)
  const texts = halves(typeof content === 'string' ? content : '')
  const deltas = [...texts.map((text) => ({ role: 'assistant', content: text })), rest]
  const events = deltas.map((delta) => ({ ...head, choices: [{ index: 0, delta }] }))
  const end = { index: 0, delta: {}, finish_reason: CHAT_FINISH[reply.finish] }
  return [...events, { ...head, choices: [end], usage: chatUsage(reply) }]
}

const ANTHROPIC_FINISH = { stop: 'end_turn', calls: 'tool_use', length: 'max_tokens' }

function anthropicUsage(reply: WireReply): Wire {
  const { cached, input, output } = reply.usage
  const fresh = input - cached
  return { input_tokens: fresh, cache_read_input_tokens: cached, output_tokens: output }
}

function anthropicBlock(part: ReplyPart): Wire {
  if ('text' in part) return { type: 'text', text: part.text }
  if ('reasoning' in part) {
    return { type: 'thinking', thinking: part.reasoning, signature: part.seal }
  }
  return { type: 'tool_use', id: part.id, name: part.call, input: JSON.parse(part.input) }
}

function wholeAnthropic(reply: WireReply): Wire {
  const content = reply.parts.map(anthropicBlock)
  const stop_reason = ANTHROPIC_FINISH[reply.finish]
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude' }
  return { ...head, content, stop_reason, usage: anthropicUsage(reply) }
}

function anthropicEvents(reply: WireReply): readonly Wire[] {
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [] }
  const blocks = reply.parts.flatMap((part, index) => {
    const [content_block, ...deltas] = anthropicPieces(part)
    return [
      { type: 'content_block_start', index, content_block },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]
  })
  const usage = anthropicUsage(reply)
  const delta = { stop_reason: ANTHROPIC_FINISH[reply.finish], stop_sequence: null }
  return [
    { type: 'message_start', message: { ...head, usage } },
    ...blocks,
    { type: 'message_delta', delta, usage: { output_tokens: reply.usage.output } },
    { type: 'message_stop' },
  ]
}

function anthropicPieces(part: ReplyPart): readonly Wire[] {
  if ('text' in part) {
    const deltas = halves(part.text).map((text) => ({ type: 'text_delta', text }))
    return [{ type: 'text', text: '' }, ...deltas]
  }
  if ('reasoning' in part) {
    return [
      { type: 'thinking', thinking: '' },
      { type: 'thinking_delta', thinking: part.reasoning },
      { type: 'signature_delta', signature: part.seal },
    ]
  }
  const { call, id, input } = part
  const start = { type: 'tool_use', id, name: call, input: {} }
  return [start, { type: 'input_json_delta', partial_json: input }]
}

function wholeGoogle(reply: WireReply): Wire {
  const { cached, input, output } = reply.usage
  const finishReason = reply.finish === 'length' ? 'MAX_TOKENS' : 'STOP'
  const content = { role: 'model', parts: reply.parts.map(googlePart) }
  return {
    candidates: [{ index: 0, content, finishReason }],
    usageMetadata: {
      promptTokenCount: input,
      cachedContentTokenCount: cached,
      candidatesTokenCount: output,
      totalTokenCount: input + output,
    },
  }
}

function googlePart(part: ReplyPart): Wire {
  if ('text' in part) return { text: part.text }
  if ('reasoning' in part) {
    return { text: part.reasoning, thought: true, thoughtSignature: part.seal }
  }
  const functionCall = { name: part.call, args: JSON.parse(part.input) }
  return { functionCall, ...(part.seal === undefined ? {} : { thoughtSignature: part.seal }) }
}

const BEDROCK_FINISH = { stop: 'end_turn', calls: 'tool_use', length: 'max_tokens' }

function bedrockUsage(reply: WireReply): Wire {
  const { cached, input, output } = reply.usage
  const inputTokens = input - cached
  const counts = { inputTokens, outputTokens: output, totalTokens: input + output }
  return { ...counts, cacheReadInputTokens: cached, cacheWriteInputTokens: 0 }
}

function wholeBedrock(reply: WireReply): Wire {
  const content = reply.parts.map((part) => {
    if ('text' in part) return { text: part.text }
    if ('reasoning' in part) {
      const reasoningText = { text: part.reasoning, signature: part.seal }
      return { reasoningContent: { reasoningText } }
    }
    return { toolUse: { toolUseId: part.id, name: part.call, input: JSON.parse(part.input) } }
  })
  const output = { message: { role: 'assistant', content } }
  return { output, stopReason: BEDROCK_FINISH[reply.finish], usage: bedrockUsage(reply) }
}

function bedrockEvents(reply: WireReply): readonly Wire[] {
  const blocks = reply.parts.flatMap((part, contentBlockIndex) => {
    const deltas = bedrockDeltas(part).map((delta) => {
      return { contentBlockDelta: { contentBlockIndex, delta } }
    })
    const stop = { contentBlockStop: { contentBlockIndex } }
    if (!('call' in part)) return [...deltas, stop]
    const start = { toolUse: { toolUseId: part.id, name: part.call } }
    return [{ contentBlockStart: { contentBlockIndex, start } }, ...deltas, stop]
  })
  return [
    { messageStart: { role: 'assistant' } },
    ...blocks,
    { messageStop: { stopReason: BEDROCK_FINISH[reply.finish] } },
    { metadata: { usage: bedrockUsage(reply) } },
  ]
}

function bedrockDeltas(part: ReplyPart): readonly Wire[] {
  if ('text' in part) return halves(part.text).map((text) => ({ text }))
  if ('call' in part) return [{ toolUse: { input: part.input } }]
  const { reasoning, seal } = part
  return [{ reasoningContent: { text: reasoning } }, { reasoningContent: { signature: seal } }]
}

/** One frame of AWS's event stream encoding: lengths, headers, payload and two checksums. */
function frame(event: Wire): Buffer {
  const [name, payload] = Object.entries(event)[0] ?? ['', {}]
  const headers = Buffer.concat([
    frameHeader(':message-type', 'event'),
    frameHeader(':event-type', name),
    frameHeader(':content-type', 'application/json'),
  ])
  const body = Buffer.from(JSON.stringify(payload))
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(headers.length + body.length + 16, 0)
  prelude.writeUInt32BE(headers.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const start = Buffer.concat([prelude, headers, body])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(start))
  return Buffer.concat([start, checksum])
}

function frameHeader(name: string, value: string): Buffer {
  const valueLength = Buffer.alloc(2)
  valueLength.writeUInt16BE(value.length)
  const stringType = 7
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([stringType]),
    valueLength,
    Buffer.from(value),
  ])
}

function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== '')
}
