import { serve, type ServerType } from '@hono/node-server'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenResponses } from '@ai-sdk/open-responses'
import { HumanMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { Agent, OpenAIProvider, Runner, tool as agentTool } from '@openai/agents'
import { generateText, isStepCount, streamText, tool, type LanguageModel } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { loadOrThrow } from '../../drive/load/find-definition.ts'
import type { Mind } from '../../mind/mind.ts'
import { memoryStore } from '../../store/memory.ts'
import { givenServer } from './given-responses.ts'

/*
 * The clients that people use, unmodified, against a listening server: a text, a stream, a loop of
 * tools, and a workflow whose gate needs what a tool of the client returned two requests ago.
 */

/** Calls what it may call, once each in its order; then says how it stands. */
const mind: Mind = {
  async answer({ messages, legal, choose }, { onText }) {
    const usage = { input: 10, output: 5, cached: 0 }
    const last = messages.at(-1)
    const [name] = legal
    if (name !== undefined && choose !== 'none' && last?.role === 'user') {
      const parts = [
        { type: 'text', text: 'Let me see. ' },
        { type: 'call', id: '', tool: name, args: { city: 'Paris' } },
      ] as const
      return { parts, finish: 'tool-calls', usage }
    }
    const result = last?.role === 'tool' ? last.results[0]?.result : undefined
    const said = last?.role === 'user' ? `Hello ${last.text}` : JSON.stringify(result)
    const text = `${said} after ${messages.length}`
    for (const piece of text.split(/(?= )/)) onText(piece)
    return { parts: [{ type: 'text', text }], finish: 'stop', usage }
  },
}

const refund: WorkflowSpec = {
  workflow: 'refund',
  tools: {
    verify: { client: true, effect: 'read', about: 'Verify', input: { type: 'object' } },
    pay: { client: true, about: 'Pay', input: { type: 'object' } },
  },
  gates: { known: { on: 'pay', allow: "get('$.tools.verify.outputs.latest.verified') == true" } },
  steps: [
    { prompt: 'Verify.', tools: ['verify'] },
    { prompt: 'Pay.', tools: ['pay'] },
  ],
}
/** Messages and calls: what this server gives out. */
function isSaid(
  item: OpenAI.Responses.ResponseOutputItem,
): item is OpenAI.Responses.ResponseOutputMessage | OpenAI.Responses.ResponseFunctionToolCall {
  return item.type === 'message' || item.type === 'function_call'
}

const input = z.object({ city: z.string().optional() })
const verified = { verified: true }
const paid = { paid: true }

describe.each([
  ['without a store', false],
  ['with a store', true],
])('%s', (_, kept) => {
  let server: ServerType
  let baseURL = ''
  beforeAll(async () => {
    const workflows = [await loadOrThrow(refund, { tools: {}, checks: {}, env: {} })]
    const { app } = givenServer({
      script: mind,
      workflows,
      ...(kept ? { store: memoryStore() } : {}),
    })
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    baseURL = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`
  })
  afterAll(() => server.close())

  const openai = (): OpenAI => new OpenAI({ baseURL, apiKey: 'k', maxRetries: 0 })

  describe('openai', () => {
    const tools = ['verify', 'pay', 'look'].map((name) => ({
      type: 'function' as const,
      name,
      description: name,
      parameters: { type: 'object', properties: {} },
      strict: false,
    }))
    const answers = (items: readonly OpenAI.Responses.ResponseOutputItem[]) =>
      items.flatMap((item): OpenAI.Responses.ResponseInputItem[] => {
        if (item.type !== 'function_call') return []
        const output = JSON.stringify(item.name === 'pay' ? paid : verified)
        return [{ type: 'function_call_output', call_id: item.call_id, output }]
      })

    it('creates, and streams in two ways', async () => {
      const created = await openai().responses.create({ model: 'm', input: 'you' })
      expect(created).toMatchObject({ output_text: 'Hello you after 1', status: 'completed' })
      const raw = await openai().responses.create({ model: 'm', input: 'you', stream: true })
      const types: string[] = []
      for await (const { type } of raw) types.push(type)
      expect(types.at(-1)).toBe('response.completed')
      const stream = openai().responses.stream({ model: 'm', input: 'you' })
      const pieces: string[] = []
      stream.on('response.output_text.delta', ({ delta }) => pieces.push(delta))
      const final = await stream.finalResponse()
      expect(pieces.join('')).toBe('Hello you after 1')
      expect(final.output_text).toBe('Hello you after 1')
    })

    it('streams steps, which it does not know', async () => {
      const body = { model: 'm', input: 'x', steps: [{ prompt: 'a' }, { prompt: 'b' }] }
      const final = await openai().responses.stream(body).finalResponse()
      expect(final).toMatchObject({ steps: [{}, {}], output: [{}] })
    })

    it.each(['m', 'workflow/refund'])('loops with the tools of %s', async (model) => {
      const mine = model === 'm' ? tools.slice(2) : tools.slice(0, 2)
      const items: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'go' }]
      let response = await openai().responses.create({ model, input: items, tools: mine })
      const called: string[] = []
      while (response.output.some(({ type }) => type === 'function_call')) {
        for (const item of response.output)
          if (item.type === 'function_call') called.push(item.name)
        items.push(...response.output.filter(isSaid), ...answers(response.output))
        response = await openai().responses.create({ model, input: items, tools: mine })
      }
      expect(called).toEqual(model === 'm' ? ['look'] : ['verify', 'pay'])
      expect(response.output_text).toContain(model === 'm' ? 'verified' : 'paid')
    })

    it('goes on by the id of a response, where responses are kept', async () => {
      const client = openai()
      const model = 'workflow/refund'
      const first = await client.responses.create({ model, input: 'go' })
      const more = { model, previous_response_id: first.id, input: answers(first.output) }
      if (kept) {
        const second = await client.responses.create(more)
        expect(second.output).toMatchObject([{}, { type: 'function_call', name: 'pay' }])
        const old = client.responses.create({ ...more, input: 'again' })
        await expect(old).rejects.toMatchObject({
          status: 409,
          code: 'previous_response_superseded',
        })
      } else {
        // The calls themselves lead back to their run.
        expect((await client.responses.create(more)).output).toMatchObject([{}, { name: 'pay' }])
        const text = client.responses.create({ ...more, input: 'again' })
        await expect(text).rejects.toMatchObject({
          status: 400,
          code: 'previous_response_not_found',
        })
      }
    })

    it('makes a conversation short, and reads what is kept', async () => {
      const items = [{ role: 'user' as const, content: 'you' }]
      const compacted = await openai().responses.compact({ model: 'gpt-5', input: items })
      expect(compacted.output).toMatchObject([{ role: 'user' }, { type: 'compaction' }])
      const [, summary] = compacted.output
      const carried = summary?.type === 'compaction' ? [{ ...summary }, ...items] : items
      const next = await openai().responses.create({ model: 'm', input: carried })
      expect(next.output_text).toBe('Hello you after 2')
      const read = openai().responses.retrieve(next.id)
      if (kept) expect(await read).toMatchObject({ id: next.id, output: next.output })
      else await expect(read).rejects.toMatchObject({ status: 404 })
    })

    it('hears errors as it knows them', async () => {
      const wrong = openai().responses.create({ model: 'workflow/none', input: 'x' })
      await expect(wrong).rejects.toMatchObject({
        status: 400,
        code: 'unknown_workflow',
        param: 'model',
      })
    })
  })

  describe.each<readonly [string, (model: string) => LanguageModel]>([
    ['@ai-sdk/openai', (model) => createOpenAI({ baseURL, apiKey: 'k' }).responses(model)],
    [
      '@ai-sdk/open-responses',
      (model) =>
        createOpenResponses({ name: 'lockstep', url: `${baseURL}/responses`, apiKey: 'k' })(model),
    ],
  ])('ai with %s', (_name, modelOf) => {
    const tools = {
      verify: tool({ description: 'v', inputSchema: input, execute: () => verified }),
      pay: tool({ description: 'p', inputSchema: input, execute: () => paid }),
    }
    const common = { prompt: 'go', tools, stopWhen: isStepCount(5), maxRetries: 0 }

    it('generates over the steps of a workflow', async () => {
      const { text, steps } = await generateText({ ...common, model: modelOf('workflow/refund') })
      expect(steps.flatMap(({ toolCalls }) => toolCalls.map(({ toolName }) => toolName))).toEqual([
        'verify',
        'pay',
      ])
      expect(text).toContain('paid')
    })

    it('streams them', async () => {
      const result = streamText({ ...common, model: modelOf('workflow/refund') })
      const kinds = new Set<string>()
      for await (const part of result.fullStream) kinds.add(part.type)
      expect(kinds.has('error')).toBe(false)
      expect(await result.text).toContain('paid')
      expect(await result.steps).toHaveLength(3)
    })

    it('goes on with a conversation that it streamed', async () => {
      const model = modelOf('m')
      const first = streamText({ model, prompt: 'you', maxRetries: 0 })
      await first.consumeStream()
      const { messages } = await first.response
      const next = { role: 'user', content: 'again' } as const
      const second = await generateText({
        model,
        messages: [{ role: 'user', content: 'you' }, ...messages, next],
        maxRetries: 0,
      })
      expect(second.text).toBe('Hello again after 3')
    })
  })

  it.each([false, true])('@openai/agents, streaming: %s', async (stream) => {
    const execute = (result: object) => () => JSON.stringify(result)
    const parameters = z.object({})
    const agent = new Agent({
      name: 'Clerk',
      instructions: 'Follow {{nothing}}.',
      model: 'workflow/refund',
      tools: [
        agentTool({ name: 'verify', description: 'v', parameters, execute: execute(verified) }),
        agentTool({ name: 'pay', description: 'p', parameters, execute: execute(paid) }),
      ],
    })
    const modelProvider = new OpenAIProvider({ openAIClient: openai(), useResponses: true })
    const runner = new Runner({ modelProvider, tracingDisabled: true })
    if (stream) {
      const result = await runner.run(agent, 'go', { stream: true })
      await result.completed
      expect(result.finalOutput).toContain('paid')
    } else expect((await runner.run(agent, 'go')).finalOutput).toContain('paid')
  })

  it('LangChain: a text, a stream, a loop of tools', async () => {
    const chat = (model: string): ChatOpenAI =>
      new ChatOpenAI({
        model,
        apiKey: 'k',
        useResponsesApi: true,
        maxRetries: 0,
        configuration: { baseURL },
      })
    expect((await chat('m').invoke('you')).text).toBe('Hello you after 1')
    let streamed = ''
    for await (const chunk of await chat('m').stream('you')) streamed += chunk.text
    expect(streamed).toBe('Hello you after 1')
    const bound = chat('workflow/refund').bindTools(
      ['verify', 'pay'].map((name) =>
        langchainTool(() => '', { name, description: name, schema: z.object({}) }),
      ),
    )
    const messages: BaseMessage[] = [new HumanMessage('go')]
    const called: string[] = []
    for (;;) {
      const answer = await bound.invoke(messages)
      const calls = answer.tool_calls ?? []
      if (calls.length === 0) {
        expect(answer.text).toContain('paid')
        break
      }
      messages.push(answer)
      for (const { id = '', name } of calls) {
        called.push(name)
        const content = JSON.stringify(name === 'pay' ? paid : verified)
        messages.push(new ToolMessage({ content, tool_call_id: id }))
      }
    }
    expect(called).toEqual(['verify', 'pay'])
  })
})
