import { describe, expect, it } from 'vitest'
import { defineTool } from '../../core/spec/define.ts'
import { appOf, givenChat, mindOf, weatherTool } from './given-chat.ts'

const messages = [{ role: 'user', content: 'Weather in Rome?' }]
const called = {
  role: 'assistant',
  content: null,
  tool_calls: [
    { id: 'a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
    { id: 'b', type: 'function', function: { name: 'get_weather', arguments: 'oops' } },
  ],
}

function errorOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : undefined
}

describe('a request becomes a run of one step', () => {
  it('asks with the conversation as it is, the system texts before it', async () => {
    const { post, asked } = await givenChat()
    await post({
      messages: [
        { role: 'system', content: 'Be {{kind}}.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One ' },
            { type: 'text', text: '{{two}}' },
          ],
        },
        { role: 'assistant', content: 'Yes?' },
        { role: 'developer', content: [{ type: 'text', text: 'And short.' }] },
        { role: 'user', content: 'Go on.' },
      ],
    })
    expect(asked[0]?.system).toBe('Be {{kind}}.\n\nAnd short.')
    expect(asked[0]?.messages).toEqual([
      { role: 'user', text: 'One {{two}}' },
      { role: 'assistant', parts: [{ type: 'text', text: 'Yes?' }] },
      { role: 'user', text: 'Go on.' },
    ])
    expect(asked[0]?.model).toBe('openai/gpt-5-mini')
  })

  it('puts the results in the order of their calls, and asks nothing more', async () => {
    const { post, asked } = await givenChat()
    await post({
      messages: [
        ...messages,
        called,
        { role: 'tool', tool_call_id: 'b', content: 'no' },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'sunny' }] },
      ],
      tools: [weatherTool()],
    })
    expect(asked[0]?.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'call', id: 'a', tool: 'get_weather', args: { city: 'Rome' } },
          { type: 'call', id: 'b', tool: 'get_weather', args: 'oops' },
        ],
      },
      {
        role: 'tool',
        results: [
          { call: 'a', tool: 'get_weather', result: { ok: true, output: 'sunny' } },
          { call: 'b', tool: 'get_weather', result: { ok: true, output: 'no' } },
        ],
      },
    ])
  })

  it('keeps pictures beside the text', async () => {
    const { post, asked } = await givenChat()
    const image = (url: string) => ({ type: 'image_url', image_url: { url, detail: 'low' } })
    const ask = (url: string) =>
      post({ messages: [{ role: 'user', content: [{ type: 'text', text: 'What?' }, image(url)] }] })
    const url = 'data:image/png;base64,aGk='
    expect((await ask(url)).status).toBe(200)
    expect(asked[0]?.messages).toEqual([{ role: 'user', text: 'What?', images: [url] }])
    for (const odd of ['file:///etc/passwd', 'data:text/html;base64,aGk=', 'x']) {
      expect((await ask(odd)).body).toHaveProperty('error.code', 'invalid_image_url')
    }
    const audio = { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }
    const { body } = await post({ messages: [{ role: 'user', content: [audio] }] })
    expect(body).toHaveProperty('error.code', 'unsupported_content')
  })

  it('hands the settings on', async () => {
    const { post, asked } = await givenChat()
    await post({
      model: 'anthropic/claude-x',
      messages,
      temperature: 0.5,
      top_p: 0.9,
      seed: 7,
      max_tokens: 5,
      max_completion_tokens: 9,
      parallel_tool_calls: false,
      reasoning_effort: 'low',
      prompt_cache_key: 'k',
      unknown_member: { a: 1 },
      user: 'u',
      metadata: { a: 'b' },
    })
    expect(asked[0]).toMatchObject({
      model: 'anthropic/claude-x',
      settings: {
        temperature: 0.5,
        top_p: 0.9,
        seed: 7,
        max_output_tokens: 9,
        provider: {
          openai: { parallelToolCalls: false, reasoningEffort: 'low', promptCacheKey: 'k' },
          anthropic: { disableParallelToolUse: true },
        },
      },
    })
  })

  it.each([
    ['auto', { legal: ['get_weather'], choose: 'auto' }],
    ['none', { choose: 'none' }],
    ['required', { legal: ['get_weather'], choose: { tool: 'get_weather' } }],
    [
      { type: 'function', function: { name: 'get_weather' } },
      { legal: ['get_weather'], choose: { tool: 'get_weather' } },
    ],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }, { legal: [] }],
  ])('tool_choice %j', async (tool_choice, expected) => {
    const { post, asked } = await givenChat()
    const { status } = await post({ messages, tools: [weatherTool()], tool_choice })
    expect(status).toBe(200)
    expect(asked[0]).toMatchObject(expected)
  })

  it('takes tools under any name that OpenAI takes, and gives that name back', async () => {
    const { post } = await givenChat({ script: [{ call: 'fn__proto__', args: {} }] })
    const named = { type: 'function', function: { name: '__proto__' } }
    const { body } = await post({ messages, tools: [named] })
    expect(body).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: { name: '__proto__' } }] } }],
    })
  })

  it('gives one call where more are not wanted', async () => {
    const call = { tool: 'get_weather', args: { city: 'Rome' } }
    const { post } = await givenChat({ script: [{ calls: [call, call] }] })
    const asks = { messages, tools: [weatherTool()] }
    const many = await post(asks)
    expect(many.body).toMatchObject({ choices: [{ message: { tool_calls: [{}, {}] } }] })
    const one = await post({ ...asks, parallel_tool_calls: false })
    expect(one.body).toHaveProperty('choices.0.message.tool_calls.length', 1)
  })

  it('asks a model again that calls a tool with arguments that do not fit', async () => {
    const script = [
      { call: 'get_weather', args: { town: 'Rome' } },
      { call: 'get_weather', args: { city: 'Rome' } },
    ]
    const { post, asked } = await givenChat({ script })
    const { body } = await post({ messages, tools: [weatherTool()] })
    expect(asked.length).toBe(2)
    expect(body).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: { arguments: '{"city":"Rome"}' } }] } }],
    })
  })
})

describe('the answer', () => {
  it('ends before a stop word, streamed in pieces or not', async () => {
    const { post } = await givenChat({ script: [{ text: 'one two three' }] })
    const { body } = await post({ messages, stop: ['three', ' tw'] })
    expect(body).toMatchObject({
      choices: [{ message: { content: 'one' }, finish_reason: 'stop' }],
    })
    const { text } = await post({ messages, stop: ' tw', stream: true })
    expect(contentOf(text)).toBe('one')
  })

  it('says that it was cut short, or withheld', async () => {
    const long = await givenChat({ script: [{ text: 'and so', finish: 'length' }] })
    expect((await long.post({ messages })).body).toMatchObject({
      choices: [{ message: { content: 'and so' }, finish_reason: 'length' }],
    })
    const shaped = await long.post({ messages, response_format: { type: 'json_object' } })
    expect(shaped.body).toHaveProperty('error.code', 'model_failed')
    const held = await givenChat({ script: [{ text: 'no', finish: 'content-filter' }] })
    const { body } = await held.post({ messages })
    expect(body).toMatchObject({
      choices: [
        {
          message: { content: null, refusal: expect.any(String) },
          finish_reason: 'content_filter',
        },
      ],
    })
  })

  it('gives what there is of JSON that the provider cut short each time', async () => {
    const script = Array.from({ length: 9 }, () => ({ text: '{"a":', finish: 'length' }))
    const { post } = await givenChat({ script })
    const { body } = await post({ messages, response_format: { type: 'json_object' } })
    expect(body).toMatchObject({
      choices: [{ message: { content: '{"a":' }, finish_reason: 'length' }],
    })
  })

  it('gives JSON only once it fits', async () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'number' } } }
    const script = [{ text: 'hm' }, { output: { a: 1 } }]
    const { post, asked } = await givenChat({ script })
    const format = { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } }
    const { body } = await post({ messages, response_format: format })
    expect(body).toMatchObject({ choices: [{ message: { content: '{"a":1}' } }] })
    expect(asked[0]?.output).toEqual(schema)
    const { text } = await post({ messages, response_format: format, stream: true })
    expect(contentOf(text)).toBe('{"a":1}')
  })

  it('has the status of what went wrong at once, also where a stream was wanted', async () => {
    const failing = (error: object) =>
      givenChat({ script: Array.from({ length: 9 }, () => ({ error })) })
    const { post } = await failing({ code: '400', message: 'bad image', retryable: false })
    for (const stream of [true, false]) {
      const { status, body } = await post({ messages, stream })
      expect(status).toBe(400)
      expect(errorOf(body)).toMatchObject({ code: 'model_failed', type: 'invalid_request_error' })
    }
    const unknown = await failing({ code: 'unknown_provider', message: 'no', retryable: false })
    expect((await unknown.post({ messages })).status).toBe(404)
  })

  it('is an error in the stream where text was sent already', async () => {
    let asked = 0
    const { post } = await givenChat({
      mind: {
        async answer(request, context) {
          asked += 1
          if (asked > 1) return mindOf([{ text: 'Something else.' }]).answer(request, context)
          context.onText('Once')
          throw Object.assign(new Error('broken'), {})
        },
      },
    })
    const { status, text } = await post({ messages, stream: true })
    expect(status).toBe(200)
    expect(text).toContain('"content":"Once"')
    expect(text).toContain('"error":{')
    expect(text).not.toContain('[DONE]')
  })
})

function contentOf(stream: string): string {
  return stream
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event): unknown => JSON.parse(event.slice(6)))
    .map((chunk) => piece(chunk))
    .join('')
}

function piece(chunk: unknown): string {
  const text = ['choices', '0', 'delta', 'content'].reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    chunk,
  )
  return typeof text === 'string' ? text : ''
}

describe('what is wrong is said with its place', () => {
  const user = { role: 'user', content: 'x' }
  it.each([
    ['{', null, 'the body is not JSON'],
    [{ messages: [] }, 'messages', 'give at least one message'],
    [{ messages: [{ role: 'system', content: 'x' }] }, 'messages', 'at least one user message'],
    [{ messages: [{ role: 'robot' }] }, 'messages[0].role', 'system, developer, user'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content', 'expected a text'],
    [{ messages: [user], n: 2 }, 'n', 'only one choice'],
    [{ messages: [user], temperature: 3 }, 'temperature', '2'],
    [{ messages: [user], functions: [{}] }, 'functions', 'give `tools`'],
    [{ messages: [user], tools: [{ type: 'custom' }] }, 'tools[0].type', 'function'],
    [{ messages: [user], tool_choice: 'required' }, 'tool_choice', 'needs tools'],
    [{ messages: [user, called, user] }, 'messages[1].tool_calls', 'no tool message answers a, b'],
    [
      { messages: [user, { role: 'tool', tool_call_id: 'q', content: 'x' }] },
      'messages[1].tool_call_id',
      'answers no call (q)',
    ],
    [
      { messages: [user], response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      'response_format.json_schema.schema',
      'is missing',
    ],
    [{ messages: [user], server_tools: ['rm'] }, 'server_tools[0]', 'no tool rm; legal: none'],
    [{ messages: [user], model: 'workflow/none' }, 'model', 'registered: none'],
    [{ messages: [user], llm_api_key: 'k' }, 'llm_api_key', '`provider`'],
    [
      { messages: [user], personize: { memory: { recall: true } } },
      'personize.memory',
      'record_id',
    ],
  ])('%j', async (body, param, message) => {
    const { post } = await givenChat()
    const answered = await post(body)
    expect(answered.status).toBeLessThan(500)
    expect(errorOf(answered.body)).toMatchObject({
      param,
      message: expect.stringContaining(message),
      type: expect.stringMatching(/^(invalid_request|not_found)_error$/),
    })
  })

  it('names the tool whose parameters are no schema', async () => {
    const { post } = await givenChat()
    const odd = {
      type: 'function',
      function: {
        name: 'odd',
        parameters: { type: 'object', properties: { a: { type: 'numbr' } } },
      },
    }
    const { body } = await post({ messages, tools: [weatherTool(), odd] })
    expect(body).toHaveProperty('error.param', 'tools[1].function.parameters.properties.a.type')
  })

  it('needs the scope run', async () => {
    const { app, context } = await givenChat()
    const reading = appOf(context, { scopes: ['read'] })
    const init = { method: 'POST', body: JSON.stringify({ messages }) }
    expect((await reading.request('/v1/chat/completions', init)).status).toBe(403)
    expect((await app.request('/v1/chat/completions', init)).status).toBe(200)
  })
})

describe('tools of the server, and keys of the caller', () => {
  const stock = defineTool({
    about: 'Stock of an item.',
    input: { type: 'object', properties: { item: { type: 'string' } } },
    effect: 'read',
    execute: () => ({ left: 3 }),
  })

  it('executes a tool of the server only where the request names it', async () => {
    const script = [{ call: 'stock', args: { item: 'pen' } }, { text: 'Three left.' }]
    const { post, asked } = await givenChat({ script, tools: { stock } })
    const named = await post({ messages, server_tools: ['stock'] })
    expect(named.body).toMatchObject({ choices: [{ message: { content: 'Three left.' } }] })
    expect(asked[0]?.legal).toEqual(['stock'])
    await post({ messages })
    expect(asked[2]?.tools).toEqual([])
  })

  it('remembers for a record what it was asked to, and is reminded of it', async () => {
    const { post, asked } = await givenChat({ script: [{ text: 'Noted.' }] })
    const record_id = 'customer-1'
    const says = (content: string, personize: object) =>
      post({ messages: [{ role: 'user', content }], personize })
    await says('I like teal.', { memory: { record_id }, memorize: { record_id } })
    await says('Which colour do I like?', { memory: { record_id, recall: true } })
    expect(JSON.stringify(asked[1]?.messages)).toContain('I like teal.')
    const other = { record_id: 'customer-2', recall: true }
    await says('Which colour do I like?', { memory: other })
    expect(JSON.stringify(asked[2]?.messages)).not.toContain('teal')
  })

  it('marks outputs, which are taken out of its text', async () => {
    const text = 'Dear Ana, <output name="zip">123</output>.<output name="score">7</output>'
    const { post, asked } = await givenChat({ script: [{ text }] })
    const outputs = [{ key: 'zip', type: 'string' }, { key: 'score' }]
    const { body } = await post({ messages, personize: { outputs } })
    expect(asked[0]?.system).toContain('zip (string), score')
    expect(body).toMatchObject({
      outputs: { zip: '123', score: 7 },
      choices: [{ message: { content: 'Dear Ana, 123.7' } }],
    })
    const streamed = await post({ messages, personize: { outputs }, stream: true })
    expect(streamed.text).toContain('"content":"Dear Ana, 123.7"')
    expect(streamed.text).toContain('"outputs":{"zip":"123","score":7}')
    const plain = await post({ messages })
    expect(plain.body).toHaveProperty('choices.0.message.content', text)
    expect(plain.body).not.toHaveProperty('outputs')
  })

  it('is told the guidelines that the request names', async () => {
    const guidelines = [{ id: 'voice', title: 'Voice', text: 'Never say cheap.' }]
    const { post, asked } = await givenChat({ guidelines })
    const governed = (id: string) =>
      post({ messages, personize: { governance: { guideline_ids: [id] } } })
    await governed('voice')
    expect(asked[0]?.system).toContain('Never say cheap.')
    const { body } = await governed('voise')
    expect(body).toHaveProperty('error.param', expect.stringContaining('personize.governance'))
    await post({ messages })
    expect(asked[1]?.system).not.toContain('cheap')
  })

  it('leaves a tool of that name to a caller who declares it', async () => {
    const script = [{ call: 'stock', args: { item: 'pen' } }]
    const { post } = await givenChat({ script, tools: { stock } })
    const declared = { type: 'function', function: { name: 'stock' } }
    const { body } = await post({ messages, tools: [declared] })
    expect(body).toHaveProperty('choices.0.finish_reason', 'tool_calls')
    const both = await post({ messages, tools: [declared], server_tools: ['stock'] })
    expect(both.body).toHaveProperty('error.param', 'tools')
  })

  it('goes on from the log where tools of both were called', async () => {
    const script = [
      {
        calls: [
          { tool: 'stock', args: { item: 'pen' } },
          { tool: 'get_weather', args: { city: 'Rome' } },
        ],
      },
      { text: 'Sunny, and three left.' },
    ]
    const { post, asked } = await givenChat({ script, tools: { stock } })
    const asks = { messages, tools: [weatherTool()], server_tools: ['stock'] }
    const first = await post(asks)
    const id = String(valueAt(first.body, ['choices', '0', 'message', 'tool_calls', '0', 'id']))
    expect(valueAt(first.body, ['choices', '0', 'message', 'tool_calls', '1'])).toBeUndefined()
    const message = valueAt(first.body, ['choices', '0', 'message'])
    const second = await post({
      ...asks,
      messages: [...messages, message, { role: 'tool', tool_call_id: id, content: 'sunny' }],
    })
    expect(second.body).toMatchObject({
      choices: [{ message: { content: 'Sunny, and three left.' } }],
    })
    const results = asked[1]?.messages.at(-1)
    expect(results).toMatchObject({ results: [{ tool: 'stock' }, { tool: 'get_weather' }] })
  })

  it('refuses a write that might be repeated, where no runs are kept', async () => {
    const pay = defineTool({ about: 'Pay.', input: { type: 'object' }, execute: () => 1 })
    const { post } = await givenChat({ tools: { pay }, stateless: true })
    const { body } = await post({ messages, server_tools: ['pay'] })
    expect(body).toHaveProperty('error.code', 'needs_store')
  })

  it("takes the caller's key for its provider, and says it nowhere", async () => {
    const { post, owned, asked } = await givenChat()
    const key = 'sk-very-secret-0123456789'
    const { text } = await post({
      messages,
      model: 'claude-x',
      provider: 'anthropic',
      llm_api_key: key,
    })
    expect(owned).toEqual([{ provider: 'anthropic', model: 'claude-x', apiKey: key }])
    expect(asked[0]?.model).toBe('anthropic/claude-x')
    expect(text).not.toContain(key)
    expect(JSON.stringify(asked)).not.toContain(key)
    await post({ messages, model: 'meta/llama', openrouter_api_key: key })
    expect(owned[1]).toEqual({ provider: 'openrouter', model: 'meta/llama', apiKey: key })
  })
})

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  )
}
