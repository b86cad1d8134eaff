import { afterEach, expect, test } from 'vitest'
import { createClient } from '../client.ts'
import { givenServer, type GivenServer } from './given-server.ts'

let server: GivenServer | null = null

afterEach(async () => {
  await server?.close()
  server = null
})

const messages = [{ role: 'user', content: 'Hello' }]
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]

test('an answer, and calls that are the caller’s (S0.37)', async () => {
  server = await givenServer([{ call: 'look', args: { at: 1 } }])
  const { chat } = server.client()
  const answer = await chat.completions.create({ model: 'test/scripted', messages, tools })
  expect(answer.choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: { tool_calls: [{ function: { name: 'look', arguments: '{"at":1}' } }] },
  })
})

test('chunks as they arrive, with usage', async () => {
  server = await givenServer([{ text: 'Hello yourself' }])
  const { chat } = server.client()
  const stream = await chat.completions.create({
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let total = 0
  for await (const { choices, usage } of stream) {
    text += choices[0]?.delta.content ?? ''
    total = usage?.total_tokens ?? total
  }
  expect(text).toBe('Hello yourself')
  expect(total).toBeGreaterThan(0)
})

test('an error in OpenAI’s shape is the client’s one error', async () => {
  server = await givenServer([])
  const { chat } = server.client()
  await expect(chat.completions.create({ messages: [] })).rejects.toMatchObject({
    name: 'LockstepApiError',
    status: 400,
    param: 'messages',
  })
})

test.each([
  [
    'an error in the stream',
    'data: {"error":{"message":"gone","code":"model_failed"}}\n\n',
    'model_failed',
  ],
  [
    'a stream that is cut off',
    'data: {"id":"c","model":"m","choices":[]}\n\n',
    'stream_interrupted',
  ],
  ['a stream of something else', 'data: {"x":1}\n\n', 'invalid_answer'],
])('%s', async (_, sent, code) => {
  const { chat } = createClient({
    baseURL: 'http://server/v1',
    fetch: async () => new Response(sent, { headers: { 'content-type': 'text/event-stream' } }),
  })
  await expect(async () => {
    for await (const { choices } of await chat.completions.create({ messages, stream: true })) {
      expect(choices).toEqual([])
    }
  }).rejects.toMatchObject({ code })
})
