import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { tool as chainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, isStepCount, streamText, tool } from 'ai'
import {
  Agent,
  OpenAIChatCompletionsModel,
  run,
  setTracingDisabled,
  tool as agentTool,
} from '@openai/agents'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { givenChat, listening, mindOf, type ChatServer, type GivenChat } from './given-chat.ts'
import type { Mind } from '../../mind/mind.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function serving(given: GivenChat): Promise<{ server: ChatServer; url: string }> {
  const server = await givenChat(given)
  const { url, close } = await listening(server)
  closing.push(close)
  return { server, url }
}

/** Calls the tool first and answers with its result, as a model does over any client's history. */
const looks: Mind = {
  answer(request, context) {
    const result = request.messages.findLast(({ role }) => role === 'tool')
    const found = result?.role === 'tool' ? result.results[0]?.result : undefined
    const entry = found?.ok === true ? { text: `It is ${JSON.stringify(found.output)}.` } : CALL
    return mindOf([entry]).answer(
      { ...request, call: 1, asked: request.asked.slice(0, 1) },
      context,
    )
  },
}

const CALL = { call: 'get_weather', args: { city: 'Rome' }, text: 'Let me look.' }
const asks = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user' as const, content: 'Weather in Rome?' }],
}
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

describe('the official openai client', () => {
  it('creates a completion', async () => {
    const { url } = await serving({ script: [{ text: 'Hello there.' }] })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    const { choices, usage, object, model } = await client.chat.completions.create(asks)
    expect(choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'Hello there.',
      refusal: null,
    })
    expect(choices[0]?.finish_reason).toBe('stop')
    expect([object, model]).toEqual(['chat.completion', 'gpt-5-mini'])
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
  })

  it('lists what there is to ask', async () => {
    const workflows = [{ workflow: 'desk', steps: [{ prompt: 'Go.' }] }]
    const { url } = await serving({ workflows })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    const ids: string[] = []
    for await (const { id } of client.models.list()) ids.push(id)
    expect(ids).toEqual(['workflow/desk', 'openai/gpt-5-mini'])
    expect(await client.models.retrieve('workflow/desk')).toMatchObject({ object: 'model' })
    await expect(client.models.retrieve('nope')).rejects.toMatchObject({ status: 404 })
  })

  it('streams the same text in pieces, and usage at the end', async () => {
    const { url } = await serving({ script: [{ text: 'Hello there, my friend.' }] })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    const stream = await client.chat.completions.create({
      ...asks,
      stream: true,
      stream_options: { include_usage: true },
    })
    const pieces: string[] = []
    const usages: unknown[] = []
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content)
      if (chunk.usage) usages.push(chunk.usage.total_tokens)
    }
    expect(pieces.join('')).toBe('Hello there, my friend.')
    expect(pieces.length).toBeGreaterThan(1)
    expect(usages).toEqual([expect.any(Number)])
  })

  it('executes tools in its own loop, streaming and not', async () => {
    const { url, server } = await serving({ mind: looks })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    const calls: unknown[] = []
    const tools = [
      {
        type: 'function' as const,
        function: {
          ...weather.function,
          parse: JSON.parse,
          function: (args: unknown) => {
            calls.push(args)
            return 'sunny'
          },
        },
      },
    ]
    const whole = client.chat.completions.runTools({ ...asks, tools })
    expect(await whole.finalContent()).toBe('It is "sunny".')
    const streamed = client.chat.completions.runTools({ ...asks, tools, stream: true })
    expect(await streamed.finalContent()).toBe('It is "sunny".')
    expect(calls).toEqual([{ city: 'Rome' }, { city: 'Rome' }])
    expect(server.asked[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  })

  it('parses structured output', async () => {
    const { url, server } = await serving({ script: [{ output: { city: 'Rome', degrees: 21 } }] })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    const shape = z.object({ city: z.string(), degrees: z.number() })
    const response_format = zodResponseFormat(shape, 'weather')
    const parsed = await client.chat.completions.parse({ ...asks, response_format })
    expect(parsed.choices[0]?.message.parsed).toEqual({ city: 'Rome', degrees: 21 })
    const streamed = client.chat.completions.stream({ ...asks, response_format })
    const final = await streamed.finalChatCompletion()
    expect(final.choices[0]?.message.parsed).toEqual({ city: 'Rome', degrees: 21 })
    expect(server.asked[0]?.output).toMatchObject({ required: ['city', 'degrees'] })
  })

  it('is told of an answer that never fits, and of what is wrong with a request', async () => {
    const { url } = await serving({
      script: Array.from({ length: 9 }, () => ({ text: 'no JSON' })),
    })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    const response_format = zodResponseFormat(z.object({ city: z.string() }), 'weather')
    await expect(
      client.chat.completions.create({ ...asks, response_format }),
    ).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      code: 'invalid_output',
    })
    await expect(client.chat.completions.create({ ...asks, n: 3 })).rejects.toMatchObject({
      status: 400,
      param: 'n',
    })
    await expect(
      client.chat.completions.create({ ...asks, model: 'workflow/nope' }),
    ).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })

  it('parks the run when it goes away in mid-stream', async () => {
    const aborted = Promise.withResolvers<void>()
    const mind: Mind = {
      answer(_request, { signal, onText }) {
        onText('Once upon')
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.resolve()
            reject(new Error('aborted'))
          })
        })
      },
    }
    const { url } = await serving({ mind })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    const stream = await client.chat.completions.create({ ...asks, stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'Once upon') break
    await aborted.promise
  })
})

describe('the AI SDK', () => {
  const tools = {
    get_weather: tool({
      description: 'The weather of a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: async () => 'sunny',
    }),
  }
  const models = {
    openai: (baseURL: string) => createOpenAI({ baseURL, apiKey: 'lsk_1' }).chat('gpt-5-mini'),
    'openai-compatible': (baseURL: string) =>
      createOpenAICompatible({ name: 'lockstep', baseURL, apiKey: 'lsk_1' })('gpt-5-mini'),
  }
  for (const [name, modelOf] of Object.entries(models)) {
    it(`goes through its tool loop with ${name}, streaming and not`, async () => {
      const { url } = await serving({ mind: looks })
      const loop = { prompt: 'Weather in Rome?', tools, stopWhen: isStepCount(4) }
      const whole = await generateText({ ...loop, model: modelOf(url) })
      expect(whole.text).toBe('It is "sunny".')
      const streamed = streamText({ ...loop, model: modelOf(url) })
      expect(await streamed.text).toBe('It is "sunny".')
      expect((await streamed.steps).length).toBe(2)
      expect(await streamed.finishReason).toBe('stop')
    })
  }
})

describe('LangChain', () => {
  it('invokes, streams and binds tools', async () => {
    const { url } = await serving({ mind: looks })
    const chat = new ChatOpenAI({
      model: 'gpt-5-mini',
      apiKey: 'lsk_1',
      configuration: { baseURL: url },
      useResponsesApi: false,
    })
    const lookup = chainTool(() => 'sunny', {
      name: 'get_weather',
      description: 'The weather of a city.',
      schema: z.object({ city: z.string() }),
    })
    const bound = chat.bindTools([lookup])
    const first = await bound.invoke('Weather in Rome?')
    const [call] = first.tool_calls ?? []
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Rome' } })
    if (call === undefined) return
    const result = await lookup.invoke({ ...call, type: 'tool_call' })
    const pieces: string[] = []
    for await (const chunk of await bound.stream([
      { role: 'user', content: 'Weather in Rome?' },
      first,
      result,
    ])) {
      if (typeof chunk.content === 'string') pieces.push(chunk.content)
    }
    expect(pieces.join('')).toBe('It is "sunny".')
  })
})

describe('@openai/agents', () => {
  it('runs an agent with a tool, streaming and not', async () => {
    const { url } = await serving({ mind: looks })
    const client = new OpenAI({ baseURL: url, apiKey: 'lsk_1' })
    setTracingDisabled(true)
    const agent = new Agent({
      name: 'Weather',
      instructions: 'Tell the weather.',
      model: new OpenAIChatCompletionsModel(client, 'gpt-5-mini'),
      tools: [
        agentTool({
          name: 'get_weather',
          description: 'The weather of a city.',
          parameters: z.object({ city: z.string() }),
          execute: async () => 'sunny',
        }),
      ],
    })
    expect((await run(agent, 'Weather in Rome?')).finalOutput).toBe('It is "sunny".')
    const streamed = await run(agent, 'Weather in Rome?', { stream: true })
    await streamed.completed
    expect(streamed.finalOutput).toBe('It is "sunny".')
  })
})
