/*
 * What each provider is really sent, asserted on the recorded HTTP bodies: scopes, tool-less steps,
 * structured output, tool choice, cache hints, and the round trip of what a provider wants back.
 */
import type { AnswerPart } from '../src/core/log/event.ts'
import type { Message } from '../src/core/log/message.ts'
import type { Json, JsonObject } from '../src/core/spec/json.ts'
import type { Mind, MindAnswer, MindRequest } from '../src/mind/mind.ts'
import type { ProviderServer, RecordedRequest } from './provider-server.ts'
import type { LanguageModelV4 } from '@ai-sdk/provider'

import { createOpenAI } from '@ai-sdk/openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { isJsonObject } from '../src/core/spec/json.ts'
import { aiSdkMind } from '../src/mind/ai-sdk.ts'
import { resolveModel } from '../src/mind/provider-registry.ts'
import { callReply, createProviderServer, textReply } from './provider-server.ts'

const PROVIDERS = ['responses', 'chat', 'compatible', 'anthropic', 'google', 'bedrock'] as const
type Provider = (typeof PROVIDERS)[number]

const MODELS: Readonly<Record<Provider, string>> = {
  responses: 'openai/gpt-5-mini',
  chat: 'openai/gpt-4.1-mini',
  compatible: 'openai-compatible/llama',
  anthropic: 'anthropic/claude-sonnet-4-5',
  google: 'google/gemini-2.5-flash',
  bedrock: 'amazon-bedrock/anthropic.claude-sonnet-4-20250514-v1:0',
}

let server: ProviderServer
beforeAll(async () => {
  server = await createProviderServer()
})
afterAll(async () => {
  await server.close()
})
beforeEach(() => {
  server.requests.length = 0
  server.replies.length = 0
})

async function modelOf(id: string): Promise<LanguageModelV4> {
  if (id === MODELS.chat) {
    return createOpenAI({ apiKey: 'key', baseURL: server.url }).chat('gpt-4.1-mini')
  }
  return await resolveModel(id, {
    OPENAI_API_KEY: 'key',
    OPENAI_BASE_URL: server.url,
    OPENAI_COMPATIBLE_BASE_URL: server.url,
    ANTHROPIC_API_KEY: 'key',
    ANTHROPIC_BASE_URL: server.url,
    GEMINI_API_KEY: 'key',
    GOOGLE_GENERATIVE_AI_BASE_URL: server.url,
    AWS_BEARER_TOKEN_BEDROCK: 'key',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
  })
}

function offer(name: string): MindRequest['tools'][number] {
  const input = { type: 'object', properties: { id: { type: 'string' } } }
  return { name, about: `does ${name}`, input }
}

const ALL_TOOLS = ['lookup', 'refund', 'escalate'].map(offer)
const ANSWER: JsonObject = {
  type: 'object',
  properties: { verdict: { type: 'string' } },
  required: ['verdict'],
  additionalProperties: false,
}

function userSays(text: string): Message {
  return { role: 'user', text }
}

function called(args: Json = { id: '7' }): readonly Message[] {
  return [
    { role: 'assistant', parts: [{ type: 'call', id: 'c1', tool: 'lookup', args }] },
    {
      role: 'tool',
      results: [{ call: 'c1', tool: 'lookup', result: { ok: true, output: { total: 3 } } }],
    },
  ]
}

function history(): Message[] {
  return [userSays('step one'), ...called(), userSays('step two')]
}

function ask(provider: Provider, changes: Partial<MindRequest> = {}): MindRequest {
  return {
    run: 'run_1',
    call: 1,
    step: 'triage',
    role: 'planner',
    model: MODELS[provider],
    system: 'You are careful.',
    messages: [userSays('hello')],
    tools: ALL_TOOLS,
    legal: ['lookup', 'refund', 'escalate'],
    scope: 'strict',
    choose: 'auto',
    output: null,
    settings: {},
    closing: false,
    asked: [],
    branch: '',
    item: null,
    ...changes,
  }
}

function newMind(): Mind {
  return aiSdkMind({ model: modelOf })
}

async function answer(mind: Mind, request: MindRequest): Promise<MindAnswer> {
  const signal = new AbortController().signal
  return await mind.answer(request, { signal, onText: () => undefined })
}

async function send(request: MindRequest, mind: Mind = newMind()): Promise<Sent> {
  await answer(mind, request)
  const recorded = server.requests.at(-1)
  if (recorded === undefined) throw new Error('nothing was sent')
  return read(recorded)
}

/** The parts of a body that tests speak of, wherever a provider keeps them. */
interface Sent {
  readonly body: string
  readonly json: JsonObject
  readonly tools: Json
  readonly toolNames: readonly string[]
  readonly choice: Json
  readonly system: Json
  readonly messages: Json
}

function read(recorded: RecordedRequest): Sent {
  const { body, json } = recorded
  const config = at(json, 'toolConfig')
  const tools = json['tools'] ?? at(config, 'tools') ?? null
  return {
    body,
    json,
    tools,
    toolNames: [...JSON.stringify(tools).matchAll(/"name":"(\w+)"/g)].map(
      (match) => match[1] ?? '',
    ),
    choice:
      json['tool_choice'] ??
      at(config, 'functionCallingConfig') ??
      at(config, 'toolChoice') ??
      null,
    system: json['system'] ?? json['systemInstruction'] ?? null,
    messages: json['messages'] ?? json['input'] ?? json['contents'] ?? null,
  }
}

function at(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined
}

const NONE: Readonly<Record<Provider, Json>> = {
  responses: 'none',
  chat: 'none',
  compatible: 'none',
  anthropic: { type: 'none' },
  google: { mode: 'NONE' },
  bedrock: { auto: {} },
}

describe.each(PROVIDERS)('scope strict: %s', (provider) => {
  test('only the legal tools are sent', async () => {
    const sent = await send(ask(provider, { legal: ['lookup'] }))
    expect(sent.toolNames).toEqual(['lookup'])
  })

  test('a step without tools before any call sends no tools', async () => {
    const sent = await send(ask(provider, { legal: [], tools: [], choose: 'none' }))
    expect(sent.tools).toBeNull()
    expect(sent.choice).toBeNull()
  })

  test.each([false, true])(
    'a step without tools after one with tools keeps the history (closing: %s)',
    async (closing) => {
      const changes = { messages: history(), tools: [offer('lookup')], legal: [], closing }
      const sent = await send(ask(provider, { ...changes, choose: 'none' }))
      expect(sent.toolNames).toEqual(['lookup'])
      expect(sent.choice).toEqual(NONE[provider])
      const text = JSON.stringify(sent.messages)
      expect(text).toMatch(/"id\\?":\\?"7/)
      expect(text).toMatch(/"?total\\?"?:3/)
    },
  )

  test('arguments that are no object still make a valid transcript', async () => {
    const messages = [userSays('go'), ...called('{"id": 7'), userSays('again')]
    const sent = await send(ask(provider, { messages }))
    expect(JSON.stringify(sent.messages)).toContain('invalid_arguments')
  })

  test('an empty assistant message is left out', async () => {
    const messages: Message[] = [userSays('go'), { role: 'assistant', parts: [] }, userSays('on')]
    const sent = await send(ask(provider, { messages }))
    expect(JSON.stringify(sent.messages)).not.toContain('"assistant"')
  })
})

describe.each(PROVIDERS)('tool choice: %s', (provider) => {
  const expected: Readonly<Record<Provider, readonly [Json, Json]>> = {
    responses: ['required', { type: 'function', name: 'refund' }],
    chat: ['required', { type: 'function', function: { name: 'refund' } }],
    compatible: ['required', { type: 'function', function: { name: 'refund' } }],
    anthropic: [{ type: 'any' }, { type: 'tool', name: 'refund' }],
    google: [{ mode: 'ANY' }, { mode: 'ANY', allowedFunctionNames: ['refund'] }],
    bedrock: [{ any: {} }, { tool: { name: 'refund' } }],
  }

  test('required and a named tool arrive', async () => {
    expect((await send(ask(provider, { choose: 'required' }))).choice).toEqual(
      expected[provider][0],
    )
    const named = await send(ask(provider, { choose: { tool: 'refund' } }))
    expect(named.choice).toEqual(expected[provider][1])
  })

  test('under stable a named tool leaves the definitions whole', async () => {
    const sent = await send(ask(provider, { scope: 'stable', choose: { tool: 'refund' } }))
    expect(sent.toolNames).toEqual(['lookup', 'refund', 'escalate'])
    const choice = provider === 'bedrock' ? { any: {} } : expected[provider][1]
    expect(sent.choice).toEqual(choice)
  })
})

/** Cache points are markers, no content: the last one moves (Bedrock has no other way). */
function withoutMarkers(text: string): string {
  return text.replaceAll(/,?\{"cachePoint":\{"type":"default"\}\}/g, '')
}

function expectPrefix(earlier: Sent, later: Sent): void {
  for (const sent of [earlier, later]) {
    expect(sent.body).toContain(JSON.stringify(sent.tools))
    expect(sent.body).toContain(JSON.stringify(sent.messages))
  }
  expect(JSON.stringify(later.tools)).toBe(JSON.stringify(earlier.tools))
  expect(JSON.stringify(later.system)).toBe(JSON.stringify(earlier.system))
  const before = withoutMarkers(JSON.stringify(earlier.messages)).slice(0, -1)
  const after = withoutMarkers(JSON.stringify(later.messages))
  expect(after.slice(0, before.length)).toBe(before)
}

describe.each(PROVIDERS)('scope stable: %s', (provider) => {
  test('tools, system and earlier messages are the same bytes at every call (Law 12)', async () => {
    const mind = newMind()
    const messages: Message[] = [userSays('step one')]
    const stable = { scope: 'stable', messages } as const
    const sent = [await send(ask(provider, { ...stable, legal: ['lookup'] }), mind)]
    messages.push(...called())
    sent.push(await send(ask(provider, { ...stable, legal: ['lookup'] }), mind))
    messages.push({ role: 'assistant', parts: [{ type: 'text', text: 'found' }] })
    messages.push(userSays('step two'))
    const second = { ...stable, step: 'refund', legal: ['refund'], output: ANSWER }
    sent.push(await send(ask(provider, second), mind))
    messages.push({ role: 'assistant', parts: [{ type: 'text', text: '{}' }] })
    messages.push(userSays('that does not fit'))
    sent.push(await send(ask(provider, { ...second, choose: { tool: 'refund' } }), mind))
    messages.push({ role: 'assistant', parts: [{ type: 'text', text: '{"verdict":"x"}' }] })
    messages.push(userSays('step three'))
    const third = { ...stable, step: 'answer', legal: [], choose: 'none' } as const
    sent.push(await send(ask(provider, third), mind))
    for (const [index, later] of sent.slice(1).entries()) {
      const earlier = sent[index]
      if (earlier !== undefined) expectPrefix(earlier, later)
    }
    expect(sent.at(-1)?.toolNames).toEqual(['lookup', 'refund', 'escalate'])
    expect(sent.at(-1)?.choice).toEqual(NONE[provider])
  })
})

function change(type: string, name: string): JsonObject {
  return { type, tool: { type: 'tool_reference', name } }
}

describe('telling the legal subset under stable', () => {
  test('OpenAI Responses: allowed tools, with the mode of the choice', async () => {
    const auto = await send(ask('responses', { scope: 'stable', legal: ['lookup'] }))
    const tools = [{ type: 'function', name: 'lookup' }]
    expect(auto.choice).toEqual({ type: 'allowed_tools', mode: 'auto', tools })
    const two = { scope: 'stable', legal: ['lookup', 'refund'], choose: 'required' } as const
    const required = await send(ask('responses', two))
    expect(required.choice).toMatchObject({ type: 'allowed_tools', mode: 'required' })
  })

  test('an author cannot widen it', async () => {
    const provider = { openai: { allowedTools: { toolNames: ['refund'] }, user: 'u' } }
    const request = ask('responses', { scope: 'stable', legal: ['lookup'], settings: { provider } })
    const sent = await send(request)
    expect(JSON.stringify(sent.choice)).not.toContain('refund')
    expect(sent.json['user']).toBe('u')
    const strict = await send(ask('responses', { settings: { provider } }))
    expect(strict.choice).toBe('auto')
  })

  test('a sole legal tool that is required is named where only names narrow', async () => {
    const sole = { scope: 'stable', legal: ['lookup'], choose: 'required' } as const
    const sent = await send(ask('google', sole))
    expect(sent.choice).toEqual({ mode: 'ANY', allowedFunctionNames: ['lookup'] })
  })

  test('Anthropic: tool changes where the model takes them, kept in their place', async () => {
    const mind = newMind()
    const messages: Message[] = [userSays('step one')]
    const model = 'anthropic/claude-opus-4-8'
    const stable = { scope: 'stable', messages, model } as const
    const first = await send(ask('anthropic', { ...stable, legal: ['lookup'] }), mind)
    const removals = [change('tool_removal', 'refund'), change('tool_removal', 'escalate')]
    expect(first.messages).toMatchObject([{ role: 'user' }, { role: 'system', content: removals }])
    const again = await send(ask('anthropic', { ...stable, legal: ['lookup'] }), mind)
    expect(again.body).toBe(first.body)
    messages.push({ role: 'assistant', parts: [{ type: 'text', text: 'found' }] }, userSays('two'))
    const second = await send(ask('anthropic', { ...stable, legal: ['refund'] }), mind)
    expectPrefix(first, second)
    const content = [change('tool_addition', 'refund'), change('tool_removal', 'lookup')]
    expect(Array.isArray(second.messages) && second.messages.at(-1)).toMatchObject({ content })
    expect(server.requests.at(-1)?.headers['anthropic-beta']).toContain('tool-changes')
  })

  test('a tool change that no answer followed is taken back', async () => {
    const mind = newMind()
    const messages: Message[] = [userSays('step one')]
    const stable = { scope: 'stable', messages, model: 'anthropic/claude-opus-4-8' } as const
    await send(ask('anthropic', { ...stable, legal: ['lookup'] }), mind)
    messages.push(userSays('the call failed; go on'))
    const sent = await send(ask('anthropic', { ...stable, legal: ['lookup'] }), mind)
    expect(sent.messages).toMatchObject([{ role: 'user' }, { role: 'system' }])
  })
})

describe('structured output beside callable tools', () => {
  test('OpenAI enforces it, strictly where the schema qualifies', async () => {
    const strict = await send(ask('responses', { output: ANSWER }))
    expect(strict.json['text']).toMatchObject({ format: { type: 'json_schema', strict: true } })
    expect(strict.choice).toBe('auto')
    const open = { type: 'object', properties: { verdict: { type: 'string' } } }
    const loose = await send(ask('chat', { output: open }))
    expect(loose.json['response_format']).toMatchObject({ json_schema: { strict: false } })
    expect(loose.toolNames).toHaveLength(3)
  })

  test('OpenAI is told a schema that is no object', async () => {
    const sent = await send(ask('responses', { output: { type: 'array' } }))
    expect(sent.json['text']).toBeUndefined()
    expect(JSON.stringify(sent.messages)).toContain('JSON Schema')
  })

  test('compatible servers are told, and enforce it only when no tool may be called', async () => {
    const tools = await send(ask('compatible', { output: ANSWER }))
    expect(tools.json['response_format']).toBeUndefined()
    expect(JSON.stringify(tools.messages)).toContain('verdict')
    const silent = await send(ask('compatible', { output: ANSWER, tools: [], legal: [] }))
    const json_schema = { strict: true, name: 'output' }
    expect(silent.json['response_format']).toMatchObject({ type: 'json_schema', json_schema })
  })

  test('Anthropic enforces it natively, or by a json tool that leaves the others callable', async () => {
    const native = await send(ask('anthropic', { output: ANSWER }))
    expect(native.json['output_config']).toMatchObject({ format: { type: 'json_schema' } })
    expect(native.toolNames).toEqual(['lookup', 'refund', 'escalate'])
    expect(native.choice).toEqual({ type: 'auto' })
    const model = 'anthropic/claude-3-haiku-20240307'
    const older = await send(ask('anthropic', { output: ANSWER, model }))
    expect(older.toolNames).toEqual(['lookup', 'refund', 'escalate', 'json'])
    expect(older.choice).toMatchObject({ type: 'any' })
  })

  test('Google: a json tool before Gemini 3, a schema from then on', async () => {
    server.replies.push(callReply({ call: 'json', id: 'j', input: '{"verdict":"yes"}' }))
    const older = await send(ask('google', { output: ANSWER }))
    expect(older.toolNames).toEqual(['lookup', 'refund', 'escalate', 'json'])
    const newer = await send(
      ask('google', { output: ANSWER, model: 'google/gemini-3-pro-preview' }),
    )
    expect(newer.toolNames).toEqual(['lookup', 'refund', 'escalate'])
    expect(JSON.stringify(newer.json['generationConfig'])).toContain('verdict')
  })

  test('Bedrock is told it beside tools, and asked for it without', async () => {
    const tools = await send(ask('bedrock', { output: ANSWER }))
    expect(tools.toolNames).toEqual(['lookup', 'refund', 'escalate'])
    expect(tools.choice).toEqual({ auto: {} })
    expect(JSON.stringify(tools.messages)).toContain('verdict')
    const none = await send(ask('bedrock', { output: ANSWER, tools: [], legal: [] }))
    expect(none.body).toContain('verdict')
  })
})

describe('cache hints', () => {
  test('OpenAI routes by run and keeps nothing', async () => {
    const sent = await send(ask('responses'))
    expect(sent.json).toMatchObject({ prompt_cache_key: 'run_1', store: false })
    expect(sent.json['include']).toEqual(['reasoning.encrypted_content'])
    expect((await send(ask('chat'))).json).toMatchObject({ prompt_cache_key: 'run_1' })
  })

  test('Anthropic: the system message and the moving end, without a mark in the messages', async () => {
    const sent = await send(ask('anthropic', { messages: history() }))
    expect(sent.json['cache_control']).toEqual({ type: 'ephemeral' })
    expect(sent.system).toMatchObject([{ cache_control: { type: 'ephemeral' } }])
    expect(JSON.stringify(sent.messages)).not.toContain('cache_control')
  })

  test('Bedrock: two cache points for models that take them, none for others', async () => {
    const sent = await send(ask('bedrock', { messages: history() }))
    expect(sent.body.split('cachePoint')).toHaveLength(3)
    expect(JSON.stringify(sent.messages)).toMatch(/\{"cachePoint":\{"type":"default"\}\}\]\}\]$/)
    const llama = await send(ask('bedrock', { model: 'amazon-bedrock/meta.llama3-70b-v1:0' }))
    expect(llama.body).not.toContain('cachePoint')
  })

  test('can be left out', async () => {
    const mind = aiSdkMind({ model: modelOf, cache: 'none' })
    expect((await send(ask('anthropic'), mind)).body).not.toContain('cache_control')
  })
})

describe.each(['stream', 'generate'] as const)('answers by %s', (mode) => {
  test.each(PROVIDERS)('text, calls, finish and usage are read: %s', async (provider) => {
    server.replies.push(
      callReply({ text: 'Looking it up.' }, { call: 'lookup', id: 'c9', input: '{"id":"7"}' }),
    )
    const deltas: string[] = []
    const signal = new AbortController().signal
    const mind = aiSdkMind({ model: modelOf, mode })
    const result = await mind.answer(ask(provider), { signal, onText: (text) => deltas.push(text) })
    const [text, call] = result.parts
    expect(text).toMatchObject({ type: 'text', text: 'Looking it up.' })
    expect(call).toMatchObject({ type: 'call', tool: 'lookup', args: { id: '7' } })
    expect(result.finish).toBe('tool-calls')
    expect(result.usage).toEqual({ input: 10, output: 5, cached: 4 })
    expect(deltas.join('')).toBe('Looking it up.')
    if (mode === 'stream' && provider !== 'google') expect(deltas).toHaveLength(2)
  })

  test.each(PROVIDERS)('a length stop is one: %s', async (provider) => {
    server.replies.push({ ...textReply('cut o'), finish: 'length' })
    expect((await answer(aiSdkMind({ model: modelOf, mode }), ask(provider))).finish).toBe('length')
  })

  test.each(['responses', 'chat', 'compatible'] as const)(
    'malformed arguments stay text: %s',
    async (provider) => {
      server.replies.push(callReply({ call: 'lookup', id: 'c9', input: '{"id": 7' }))
      const result = await answer(aiSdkMind({ model: modelOf, mode }), ask(provider))
      expect(result.parts).toMatchObject([{ type: 'call', args: '{"id": 7' }])
    },
  )

  test.each(['responses', 'anthropic', 'bedrock', 'google'] as const)(
    'what a provider seals goes back to it: %s',
    async (provider) => {
      const call = { call: 'lookup', id: 'c1', input: '{"id":"7"}' }
      const sealed = provider === 'google' ? { ...call, seal: 'SEAL2' } : call
      server.replies.push(callReply({ reasoning: 'Let me think.', seal: 'SEAL1' }, sealed))
      const mind = aiSdkMind({ model: modelOf, mode })
      const thinking = { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } }
      const settings = provider === 'anthropic' ? { provider: thinking } : {}
      const messages: Message[] = [userSays('go')]
      const first = await answer(mind, ask(provider, { messages, settings }))
      messages.push({ role: 'assistant', parts: throughLog(first.parts) })
      const { id } = callOf(first.parts)
      const result = { ok: true, output: 'found' } as const
      messages.push({ role: 'tool', results: [{ call: id, tool: 'lookup', result }] })
      const text = JSON.stringify(
        (await send(ask(provider, { messages, settings }), mind)).messages,
      )
      expect(text).toContain('Let me think.')
      expect(text).toContain('SEAL1')
      if (provider === 'google') expect(text).toContain('SEAL2')
      expect(text).toContain('found')
    },
  )
})

/** Options must survive being written to the log and read again. */
function throughLog(parts: readonly AnswerPart[]): readonly AnswerPart[] {
  const copy: readonly AnswerPart[] = JSON.parse(JSON.stringify(parts))
  return copy
}

function callOf(parts: readonly AnswerPart[]): Extract<AnswerPart, { type: 'call' }> {
  const call = parts.find((part) => part.type === 'call')
  if (call === undefined) throw new Error('no call')
  return call
}

describe('settings', () => {
  test('sampling and an author’s provider options arrive; the author’s win', async () => {
    const provider = { openai: { promptCacheKey: 'mine', serviceTier: 'flex' } }
    const settings = { temperature: 0.2, top_p: 0.9, max_output_tokens: 99, seed: 7, provider }
    const sent = await send(ask('chat', { settings }))
    expect(sent.json).toMatchObject({ temperature: 0.2, top_p: 0.9, max_tokens: 99, seed: 7 })
    expect(sent.json).toMatchObject({ prompt_cache_key: 'mine' })
  })

  test('failed calls tell the model so', async () => {
    const error = { code: 'NOT_FOUND', message: 'no such order', executed: false }
    const results = [{ call: 'c1', tool: 'lookup', result: { ok: false, error } }] as const
    const messages: Message[] = [userSays('go'), ...called().slice(0, 1), { role: 'tool', results }]
    const sent = await send(ask('anthropic', { messages }))
    expect(JSON.stringify(sent.messages)).toContain('"is_error":true')
    expect(JSON.stringify(sent.messages)).toContain('no such order')
  })
})
