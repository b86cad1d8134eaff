/*
 * What goes wrong on the wire, as a MindError: which errors are worth another try, how long to
 * wait, and that no key or header gets into a message.
 */
import type { MindAnswer, MindRequest } from '../src/mind/mind.ts'
import type { ProviderServer, ServerReply } from './provider-server.ts'
import type { AiSdkMindOptions } from '../src/mind/ai-sdk.ts'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { aiSdkMind } from '../src/mind/ai-sdk.ts'
import { MindError } from '../src/mind/mind.ts'
import { resolveModel } from '../src/mind/provider-registry.ts'
import { createProviderServer, textReply } from './provider-server.ts'

const KEY = 'sk-live-0123456789abcdef'
const MODELS = [
  'openai/gpt-5-mini',
  'openai-compatible/llama',
  'anthropic/claude-sonnet-4-5',
  'google/gemini-2.5-flash',
  'amazon-bedrock/anthropic.claude-sonnet-4-20250514-v1:0',
]

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

function mindAt(
  url: string,
  mode: AiSdkMindOptions['mode'] = 'stream',
): ReturnType<typeof aiSdkMind> {
  const env = {
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: url,
    OPENAI_COMPATIBLE_BASE_URL: url,
    OPENAI_COMPATIBLE_API_KEY: KEY,
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: url,
    GEMINI_API_KEY: KEY,
    GOOGLE_GENERATIVE_AI_BASE_URL: url,
    AWS_BEARER_TOKEN_BEDROCK: KEY,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
  }
  return aiSdkMind({ model: async (id) => await resolveModel(id, env), mode })
}

function ask(model: string): MindRequest {
  return {
    run: 'run_1',
    call: 1,
    step: 'triage',
    role: 'planner',
    model,
    system: null,
    messages: [{ role: 'user', text: 'SECRET-PROMPT' }],
    tools: [],
    legal: [],
    scope: 'strict',
    choose: 'none',
    output: null,
    settings: {},
    closing: false,
    asked: [],
    branch: '',
    item: null,
  }
}

async function failing(
  model: string,
  options: { readonly reply?: ServerReply; readonly url?: string; readonly mode?: 'generate' } = {},
): Promise<MindError> {
  if (options.reply !== undefined) server.replies.push(options.reply)
  const mind = mindAt(options.url ?? server.url, options.mode)
  return await failureOf(mind.answer(ask(model), context(new AbortController().signal)))
}

async function failureOf(answer: Promise<MindAnswer>): Promise<MindError> {
  const thrown: unknown = await answer.then(
    () => null,
    (error: unknown) => error,
  )
  if (thrown instanceof MindError) return thrown
  throw new Error('no MindError was thrown', { cause: thrown })
}

function context(signal: AbortSignal): { signal: AbortSignal; onText: (text: string) => void } {
  return { signal, onText: () => undefined }
}

function problem(status: number, headers: Readonly<Record<string, string>> = {}): ServerReply {
  const words = `the provider said no to ${KEY}`
  const error = { message: words, type: 'some_error', code: status, status: 'SOME' }
  return { status, headers, body: JSON.stringify({ type: 'error', message: words, error }) }
}

describe.each(MODELS)('%s', (model) => {
  test.each([408, 409, 429, 500, 503, 529])('%i may succeed later', async (status) => {
    const error = await failing(model, { reply: problem(status) })
    expect(error).toMatchObject({ code: String(status), retryable: true })
    expect(error.retryAfterSeconds).toBeUndefined()
  })

  test.each([400, 401, 403, 404, 413, 422])('%i never does', async (status) => {
    const error = await failing(model, { reply: problem(status) })
    expect(error).toMatchObject({ code: String(status), retryable: false })
    expect(error.message).toContain('the provider said no')
  })

  test('Retry-After arrives in seconds', async () => {
    const seconds = await failing(model, { reply: problem(429, { 'retry-after': '7' }) })
    expect(seconds.retryAfterSeconds).toBe(7)
    const headers = { 'retry-after-ms': '1500', 'retry-after': '9' }
    const milliseconds = await failing(model, { reply: problem(429, headers) })
    expect(milliseconds.retryAfterSeconds).toBe(1.5)
  })

  test('no key, header or request is in the error', async () => {
    const error = await failing(model, { reply: problem(401) })
    const everything = [error.message, error.stack, JSON.stringify(error), String(error.cause)]
    expect(everything.join(' ')).not.toContain(KEY)
    expect(everything.join(' ')).not.toContain('SECRET-PROMPT')
  })

  test('nobody listening may change', async () => {
    const gone = await createProviderServer()
    await gone.close()
    expect(await failing(model, { url: gone.url })).toMatchObject({
      code: 'network',
      retryable: true,
    })
  })

  test.each(['end', 'destroy'] as const)('a stream cut off (%s) may come whole', async (cut) => {
    const whole = textReply('a longer answer, of which only the beginning arrives')
    const error = await failing(model, { reply: { cut, reply: whole, bytes: 150 } })
    expect(error.retryable).toBe(true)
    expect(error.code).toMatch(/stream_broken|network/)
  })

  test('so may one that never began', async () => {
    const error = await failing(model, { reply: { cut: 'end', reply: textReply('x'), bytes: 0 } })
    expect(error).toMatchObject({ code: 'stream_broken', retryable: true })
  })

  test('and a whole answer that is cut off', async () => {
    const reply = { cut: 'end', reply: textReply('x'), bytes: 20 } as const
    expect(await failing(model, { reply, mode: 'generate' })).toMatchObject({ retryable: true })
  })

  test('aborting throws the reason of the signal', async () => {
    server.replies.push({ hang: true })
    const controller = new AbortController()
    const reason = new Error('enough')
    const answer = mindAt(server.url).answer(ask(model), context(controller.signal))
    await expect.poll(() => server.requests.length).toBe(1)
    controller.abort(reason)
    await expect(answer).rejects.toBe(reason)
  })
})

function streamed(...events: readonly object[]): ServerReply {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body }
}

describe('errors within a stream', () => {
  const start = {
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  }

  test.each([
    ['overloaded_error', true],
    ['rate_limit_error', true],
    ['api_error', true],
    ['invalid_request_error', false],
    ['authentication_error', false],
  ])('Anthropic: %s', async (type, retryable) => {
    const block = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'text', text: '' },
    }
    const error = { type: 'error', error: { type, message: 'no' } }
    const failure = await failing('anthropic/claude-sonnet-4-5', {
      reply: streamed(start, block, error),
    })
    expect(failure).toMatchObject({ message: 'no', retryable })
  })

  test('a compatible server’s error keeps its words', async () => {
    const reply = streamed({ error: { message: 'model is loading', type: 'server_error' } })
    const failure = await failing('openai-compatible/llama', { reply })
    expect(failure.message).toContain('model is loading')
    expect(failure.retryable).toBe(true)
  })

  test.each([
    ['server_error', true],
    ['rate_limit_exceeded', true],
    ['context_length_exceeded', false],
  ])('OpenAI: %s', async (code, retryable) => {
    const created = { type: 'response.created', response: { id: 'r', created_at: 1, model: 'm' } }
    const text = { type: 'message', id: 'msg_1', role: 'assistant', content: [] }
    const added = { type: 'response.output_item.added', output_index: 0, item: text }
    const delta = {
      type: 'response.output_text.delta',
      item_id: 'msg_1',
      output_index: 0,
      delta: 'a',
    }
    const error = { type: 'error', sequence_number: 4, error: { type: code, code, message: 'no' } }
    const reply = streamed(created, added, delta, error)
    expect(await failing('openai/gpt-5-mini', { reply })).toMatchObject({
      message: 'no',
      retryable,
    })
  })
})
