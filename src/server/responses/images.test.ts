import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadOrThrow } from '../../drive/load/find-definition.ts'
import type { Mind } from '../../mind/mind.ts'
import { memoryStore } from '../../store/memory.ts'
import { givenServer, mindOf, type GivenApp, type GivenServer } from './given-responses.ts'

/*
 * Pictures of the user reach the model as pictures, wherever in the conversation they stand; this
 * server fetches none.
 */

const PNG = 'data:image/png;base64,aGk='
const JPG = 'https://example.com/a.jpg'
const ask = (text: string, ...images: readonly string[]): object => ({
  role: 'user',
  content: [
    { type: 'input_text', text },
    ...images.map((image_url) => ({ type: 'input_image', image_url, detail: 'auto' })),
  ],
})

interface Asked extends GivenApp {
  /** What the model was sent, call by call. */
  readonly sent: readonly unknown[]
}

function givenAsked(script: readonly unknown[], given: Omit<GivenServer, 'script'> = {}): Asked {
  const sent: unknown[] = []
  const scripted = mindOf(script)
  const mind: Mind = {
    answer(request, context) {
      sent.push(structuredClone(request.messages))
      return scripted.answer(request, context)
    },
  }
  return { ...givenServer({ ...given, script: mind }), sent }
}

describe('pictures of the user', () => {
  it('reach the model with the words of the last message', async () => {
    const { post, sent } = givenAsked([{ text: 'A cat.' }])
    const { status } = await post({ input: [ask('What is it?', PNG, JPG)] })
    expect(status).toBe(200)
    expect(sent).toEqual([[{ role: 'user', text: 'What is it?', images: [PNG, JPG] }]])
  })

  it('reach it from the history', async () => {
    const { post, sent } = givenAsked([{ text: 'Yes.' }])
    const before = { role: 'assistant', content: [{ type: 'output_text', text: 'A cat.' }] }
    await post({ input: [ask('What is it?', PNG), before, ask('Sure?')] })
    expect(sent).toEqual([
      [
        { role: 'user', text: 'What is it?', images: [PNG] },
        { role: 'assistant', parts: [{ type: 'text', text: 'A cat.' }] },
        { role: 'user', text: 'Sure?' },
      ],
    ])
  })

  it('reach it from `messages`, without a word beside them', async () => {
    const { post, sent } = givenAsked([{ text: 'A cat.' }])
    const content = [{ type: 'image_url', image_url: { url: JPG } }]
    await post({ messages: [{ role: 'user', content }] })
    expect(sent).toEqual([[{ role: 'user', text: '', images: [JPG] }]])
  })

  it('stand before the first step, whose prompt may quote the words', async () => {
    const plain = givenAsked([{ text: 'ok' }])
    await plain.post({ input: [ask('Look.', PNG)], steps: [{ prompt: 'Describe it.' }] })
    expect(plain.sent).toEqual([
      [
        { role: 'user', text: 'Look.', images: [PNG] },
        { role: 'user', text: 'Describe it.' },
      ],
    ])
    const quoting = givenAsked([{ text: 'ok' }])
    const steps = [{ prompt: 'In {{language}}: {{message}}' }]
    await quoting.post({ input: [ask('Look.', PNG)], steps, inputs: { language: 'French' } })
    expect(quoting.sent).toEqual([
      [
        { role: 'user', text: '', images: [PNG] },
        { role: 'user', text: 'In French: Look.' },
      ],
    ])
  })

  it('stand before a workflow of the server, whose input is the words', async () => {
    const spec = { workflow: 'look', steps: [{ prompt: 'Describe: {{message}}' }] }
    const workflows = [await loadOrThrow(spec, { tools: {}, checks: {}, env: {} })]
    const { post, sent } = givenAsked([{ text: 'ok' }], { workflows })
    await post({ model: 'workflow/look', input: [ask('the cat', PNG)] })
    expect(sent).toEqual([
      [
        { role: 'user', text: '', images: [PNG] },
        { role: 'user', text: 'Describe: the cat' },
      ],
    ])
  })

  it.each(['file:///etc/passwd', 'data:text/html;base64,aGk=', 'javascript:1', 'x'])(
    'are refused as %s',
    async (url) => {
      const { post, sent } = givenAsked([{ text: 'no' }])
      const { status, body } = await post({ input: [ask('What?', url)] })
      expect(status).toBe(400)
      expect(body).toMatchObject({
        error: { code: 'invalid_image_url', param: 'input[0].content[1].image_url' },
      })
      expect(sent).toEqual([])
    },
  )

  it('are refused by the id of a file', async () => {
    const { post } = givenAsked([{ text: 'no' }])
    const content = [{ type: 'input_image', file_id: 'file-1' }]
    const { body } = await post({ input: [{ role: 'user', content }] })
    expect(body).toHaveProperty('error.code', 'invalid_image_url')
  })

  it('are sent by the official client', async () => {
    const { app, sent } = givenAsked([{ text: 'A cat.' }])
    const client = new OpenAI({
      baseURL: 'http://localhost/v1',
      apiKey: 'k',
      fetch: async (url, init) => app.request(url, init),
    })
    const image = { type: 'input_image', image_url: PNG, detail: 'auto' } as const
    const content = [{ type: 'input_text', text: 'What is it?' } as const, image]
    const answer = await client.responses.create({ model: 'm', input: [{ role: 'user', content }] })
    expect(answer.output_text).toBe('A cat.')
    expect(sent).toEqual([[{ role: 'user', text: 'What is it?', images: [PNG] }]])
  })

  it('count for the size of a conversation', async () => {
    const { post } = givenAsked([{ text: 'no' }])
    const url = `data:image/png;base64,${'a'.repeat(600_000)}`
    const content = [{ type: 'image_url', image_url: { url } }]
    const { body } = await post({ messages: [{ role: 'user', content }] })
    expect(body).toHaveProperty('error.code', 'conversation_too_large')
  })
})

const paused = z.looseObject({
  status: z.literal('requires_action'),
  conversation: z.array(z.looseObject({ role: z.string(), content: z.json() })),
  conversation_signature: z.string(),
  required_action: z.looseObject({ tool_calls: z.tuple([z.looseObject({ id: z.string() })]) }),
})

const list = z.array(z.json())

describe('pictures in a run that goes on', () => {
  const tools = { look: { description: 'Look', parameters: { type: 'object' } } }
  const messages = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What?' },
        { type: 'image_url', image_url: { url: PNG } },
      ],
    },
  ]
  const pause = async (): Promise<Asked & { readonly first: z.infer<typeof paused> }> => {
    const given = givenAsked([{ call: 'look', args: {} }, { text: 'A cat.' }])
    const { body } = await given.post({ messages, tools })
    return { ...given, first: paused.parse(body) }
  }
  const resultFor = ({ required_action: action }: z.infer<typeof paused>): object => ({
    role: 'tool',
    tool_call_id: action.tool_calls[0].id,
    content: 'seen',
  })

  it('come back in the conversation, and go on to the model', async () => {
    const { post, sent, first } = await pause()
    expect(first.conversation[0]).toEqual(messages[0])
    const { status } = await post({
      conversation: [...first.conversation, resultFor(first)],
      conversation_signature: first.conversation_signature,
    })
    expect(status).toBe(200)
    expect(sent.at(-1)).toContainEqual({ role: 'user', text: 'What?', images: [PNG] })
  })

  it('may not be changed for others', async () => {
    const { post, first } = await pause()
    const text = JSON.stringify(first.conversation).replace('aGk=', 'aGo=')
    const { body } = await post({
      conversation: [...JSON.parse(text), resultFor(first)],
      conversation_signature: first.conversation_signature,
    })
    expect(body).toHaveProperty('error.code', 'invalid_conversation_signature')
  })

  it.each([true, false])('are no answer to a question of the run (stored: %s)', async (kept) => {
    const script = [{ call: 'request_input', args: { question: 'Which one?' } }]
    const spec = { workflow: 'ask', steps: [{ prompt: 'Ask.', tools: ['request_input'] }] }
    const workflows = [await loadOrThrow(spec, { tools: {}, checks: {}, env: {} })]
    const store = kept ? { store: memoryStore() } : {}
    const { post, sent } = givenAsked(script, { workflows, ...store })
    const model = 'workflow/ask'
    const first = kept ? { input: 'Hi' } : { messages: [{ role: 'user', content: 'Hi' }] }
    const { body } = await post({ model, ...first })
    const { id, conversation, conversation_signature } = body
    const goOn = kept
      ? { previous_response_id: id, input: [ask('', PNG)] }
      : { conversation: [...list.parse(conversation), messages[0]], conversation_signature }
    const answer = await post({ model, ...goOn })
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { error: { code: 'unsupported_content' } },
    ])
    expect(sent).toHaveLength(1)
  })

  it('are kept for the next response of a conversation', async () => {
    const { post, sent } = givenAsked([{ text: 'A cat.' }, { text: 'Yes.' }], {
      store: memoryStore(),
    })
    const { body } = await post({ input: [ask('What is it?', PNG)] })
    await post({ previous_response_id: body['id'], input: 'Sure?' })
    expect(sent.at(-1)).toEqual([
      { role: 'user', text: 'What is it?', images: [PNG] },
      { role: 'assistant', parts: [{ type: 'text', text: 'A cat.' }] },
      { role: 'user', text: 'Sure?' },
    ])
  })
})
