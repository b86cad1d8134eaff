import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createClient, type Progress, type ResponseEvent } from '../client.ts'
import { createRuntime } from '../drive/runtime.ts'
import type { Mind } from '../mind/mind.ts'
import { memoryStore } from '../store/memory.ts'
import { givenServer, type GivenServer } from './given-server.ts'

/*
 * The loop of client tools against the real server (S0.26-S0.30, S0.38, S0.41).
 */

const servers: GivenServer[] = []

async function given(...args: Parameters<typeof givenServer>): Promise<GivenServer> {
  const server = await givenServer(...args)
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const lookup = { call: 'crm_lookup', args: { email: 'ana@acme.example' } }
const contact = { id: 7, name: 'Ana' }

const crm = (execute: (args: { email?: string }) => unknown) => ({
  crm_lookup: {
    description: 'Find a contact in our CRM',
    parameters: { type: 'object', properties: { email: { type: 'string' } } },
    execute,
  },
})

/** Calls the tool after each message of the user, and says what came of it. */
const looksUpOnce: Mind = {
  async answer({ messages }) {
    const usage = { input: 1, output: 1, cached: 0 }
    const last = messages.at(-1)
    if (last?.role !== 'tool') {
      const call = {
        type: 'call',
        id: `c${messages.length}`,
        tool: 'crm_lookup',
        args: {},
      } as const
      return { parts: [call], finish: 'tool-calls', usage }
    }
    const [result] = last.results.map((each) => each.result)
    const found = result?.ok === true ? JSON.stringify(result.output).replaceAll('"', '') : null
    const text = result?.ok === false ? `failed: ${result.error.message}` : `found ${found}`
    return { parts: [{ type: 'text', text }], finish: 'stop', usage }
  },
}

const steps = [{ prompt: 'Look up this lead in our CRM and draft a follow-up' }]

describe('the loop', () => {
  test('tools with `execute` look local', async () => {
    const server = await given([lookup, { text: 'Dear Ana' }])
    const asked: unknown[] = []
    const told: Progress[] = []
    const result = await server.client().responses.create(
      {
        steps,
        tools: crm((args) => {
          asked.push(args)
          return contact
        }),
      },
      { onProgress: (progress) => told.push(progress) },
    )
    expect(result).toMatchObject({ status: 'completed', output_text: 'Dear Ana' })
    expect(result.steps).toEqual([
      expect.objectContaining({
        order: 1,
        text: 'Dear Ana',
        tool_calls: [
          expect.objectContaining({ name: 'crm_lookup', args: lookup.args, result: contact }),
        ],
      }),
    ])
    expect(asked).toEqual([lookup.args])
    expect(told.map(({ type }) => type)).toEqual([
      'response.received',
      'tool.started',
      'tool.returned',
      'response.received',
    ])
  })

  test('several calls of one message run side by side, and over several steps', async () => {
    const both = Promise.withResolvers<void>()
    let running = 0
    const server = await given([
      {
        calls: [
          { tool: 'crm_lookup', args: { email: 'a' } },
          { tool: 'crm_lookup', args: { email: 'b' } },
        ],
      },
      { text: 'found both' },
      { call: 'crm_lookup', args: { email: 'c' } },
      { text: 'and a third' },
    ])
    const result = await server.client().responses.create({
      steps: [...steps, { prompt: 'Once more' }],
      tools: crm(async ({ email }) => {
        running += 1
        if (running >= 2) both.resolve()
        await both.promise
        return { email }
      }),
    })
    expect(result.steps.map(({ text }) => text)).toEqual(['found both', 'and a third'])
    expect(result.steps[0]?.tool_calls.map(({ result: found }) => found)).toEqual([
      { email: 'a' },
      { email: 'b' },
    ])
  })

  test('a tool that throws answers the model with its error, which is no fact', async () => {
    const server = await given([lookup, { text: 'The CRM cannot be reached.' }])
    const result = await server.client().responses.create({
      steps,
      tools: crm(() => {
        throw new Error('the CRM is down')
      }),
    })
    expect(result.output_text).toBe('The CRM cannot be reached.')
    expect(result.steps[0]?.tool_calls).toEqual([
      expect.objectContaining({
        error: expect.objectContaining({ message: 'crm_lookup failed: the CRM is down' }),
      }),
    ])
  })

  test.each([
    ['text', 'the text'],
    ['a text that is JSON', '12'],
    ['a number', 12],
    ['nothing', null],
    ['a list', [1, { a: '' }]],
  ])('the result arrives as it was: %s', async (_, value) => {
    const server = await given([lookup, { text: 'ok' }])
    const result = await server.client().responses.create({ steps, tools: crm(() => value) })
    expect(result.steps[0]?.tool_calls[0]?.result).toEqual(value)
  })

  test('a Standard Schema is sent as JSON Schema, and its output is what the tool gets', async () => {
    const server = await given([{ call: 'count', args: { at: '2026-01-02' } }, { text: 'ok' }])
    const result = await server.client().responses.create({
      steps,
      tools: {
        count: {
          parameters: z.object({ at: z.iso.date(), by: z.number().default(3) }),
          execute: ({ at, by }) => `${at} by ${by}`,
        },
      },
    })
    expect(result.steps[0]?.tool_calls[0]?.result).toBe('2026-01-02 by 3')
  })

  test('`messages` go the same way', async () => {
    const server = await given([lookup, { text: 'Dear Ana' }])
    const result = await server.client().responses.create({
      messages: [{ role: 'user', content: 'Who is ana@acme.example?' }],
      tools: crm(() => contact),
    })
    expect(result).toMatchObject({ status: 'completed', output_text: 'Dear Ana' })
  })

  const listed = (execute: (args: never) => unknown) =>
    [
      {
        type: 'function',
        name: 'crm_lookup',
        parameters: { type: 'object', properties: { email: { type: 'string' } } },
        execute,
      },
    ] as const

  test.each([false, true])('and so does OpenAI’s `input`; stored: %j', async (store) => {
    const server = await given(looksUpOnce, store ? { store: memoryStore() } : {})
    const { responses } = server.client()
    let calls = 0
    const tools = listed(() => (calls += 1))
    const first = await responses.create({ input: 'Who is ana@acme.example?', store, tools })
    expect(first).toMatchObject({ status: 'completed', output_text: 'found 1' })
    if (!store) return
    const more = { input: 'And now?', store, previous_response_id: first.id }
    const second = await responses.create({ ...more, tools })
    expect(second).toMatchObject({ status: 'completed', output_text: 'found 2' })
  })

  test('a failed tool is known as failed by `input` as well', async () => {
    const server = await given(looksUpOnce)
    const result = await server.client().responses.create({
      input: 'Who is ana@acme.example?',
      tools: listed(() => {
        throw new Error('the CRM is down')
      }),
    })
    expect(result.output_text).toBe('failed: crm_lookup failed: the CRM is down')
  })

  test.each([{ stream: true }, { stream: false }])(
    'a registered workflow calls tools of the client: %j',
    async ({ stream }) => {
      const workflow = await createRuntime().load({
        workflow: 'greet',
        tools: { crm_lookup: { client: true, input: { type: 'object' } } },
        steps: [{ prompt: 'Find {{message}}', tools: ['crm_lookup'] }, { prompt: 'Greet' }],
      })
      const server = await given([lookup, { text: 'found' }, { text: 'Dear Ana' }], {
        workflows: [workflow],
      })
      const { responses } = server.client()
      const request = { model: 'workflow/greet', input: 'ana', tools: listed(() => contact) }
      const result = stream
        ? await (await responses.create({ ...request, stream: true })).finalResponse()
        : await responses.create(request)
      expect(result).toMatchObject({ status: 'completed', output_text: 'Dear Ana' })
      expect(result.steps[0]?.tool_calls[0]?.result).toEqual(contact)
    },
  )

  test('a call of a tool without `execute` is the caller’s, who may go on by hand', async () => {
    const server = await given([lookup, { text: 'Dear Ana' }])
    const { responses } = server.client()
    const { execute: _, ...declared } = crm(() => null).crm_lookup
    const tools = { crm_lookup: declared }
    const paused = await responses.create({ steps, tools })
    expect(paused.status).toBe('requires_action')
    const [call] = paused.required_action?.tool_calls ?? []
    const {
      conversation = [],
      conversation_signature: signature,
      remaining_steps: left = [],
    } = paused
    const result = await responses.create({
      steps: left,
      tools,
      conversation: [
        ...conversation,
        { role: 'tool', tool_call_id: call?.id, content: JSON.stringify(contact) },
      ],
      conversation_signature: signature ?? '',
    })
    expect(result).toMatchObject({ status: 'completed', output_text: 'Dear Ana' })
  })

  test('a key that was copied with a `…` is told as that, before anything is sent', async () => {
    const { responses } = (await given([])).client({ apiKey: 'lsk_…' })
    await expect(responses.create({ input: 'Hi' })).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining('apiKey has a character that no key has'),
    })
  })

  test('a run that asks the user is an answer, with the question', async () => {
    const workflow = await createRuntime().load({
      workflow: 'ask',
      steps: [{ prompt: 'Ask.', tools: ['request_input'] }],
    })
    const script = [{ call: 'request_input', args: { question: 'Which one?' } }]
    const server = await given(script, { workflows: [workflow] })
    const asked = await server.client().responses.create({ model: 'workflow/ask', input: 'Hi' })
    expect(asked).toMatchObject({
      reason: 'needs_input',
      required_action: { type: 'input', question: 'Which one?' },
    })
  })

  test('a model that never stops calling is stopped, with a word on what to do', async () => {
    const server = await given(Array.from({ length: 9 }, () => lookup))
    let calls = 0
    const work = server.client().responses.create(
      {
        steps,
        tools: crm(() => {
          calls += 1
          return contact
        }),
      },
      { maxRoundtrips: 3 },
    )
    await expect(work).rejects.toMatchObject({
      code: 'too_many_roundtrips',
      message: expect.stringContaining(
        'after 3 roundtrips the model still calls tools (crm_lookup)',
      ),
    })
    expect(calls).toBe(3)
  })

  test('an abort ends it while a tool is under way', async () => {
    const server = await given([lookup, { text: 'never' }])
    const stop = new AbortController()
    const work = server.client().responses.create(
      {
        steps,
        tools: crm(() => {
          stop.abort()
          return new Promise(() => {})
        }),
      },
      { signal: stop.signal },
    )
    await expect(work).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('the server holds nothing', () => {
  test('two servers with one key take turns behind one client', async () => {
    const script = [lookup, { text: 'one' }, lookup, { text: 'two' }]
    const both = await Promise.all([given(script), given(script)])
    const asked: string[] = []
    const client = createClient({
      baseURL: 'http://either.example',
      fetch: (url, init) => {
        const { url: base } = both[asked.length % 2] ?? { url: '' }
        asked.push(base)
        return fetch(url.replace('http://either.example', base), init)
      },
    })
    const result = await client.responses.create({
      steps: [...steps, { prompt: 'Again' }],
      tools: crm(() => contact),
    })
    expect(result.steps.map(({ text }) => text)).toEqual(['one', 'two'])
    expect(asked).toEqual([both[0].url, both[1].url, both[0].url])
  })

  test.each([{ stream: true }, { stream: false }])(
    'a server that is replaced between pause and resume is not missed: %j',
    async ({ stream }) => {
      const script = [lookup, { text: 'Dear Ana' }]
      const first = await givenServer(script)
      const { responses } = first.client()
      const request = {
        steps,
        tools: crm(async () => {
          await first.close()
          await given(script, { port: first.port })
          return contact
        }),
      }
      const result = stream
        ? await (await responses.create({ ...request, stream: true })).finalResponse()
        : await responses.create(request)
      expect(result).toMatchObject({ status: 'completed', output_text: 'Dear Ana' })
    },
  )

  test('a continuation that was tampered with is refused by the server, in its own words', async () => {
    const server = await given([lookup, { text: 'never' }])
    const work = server
      .client({
        fetch(url, init) {
          const body = typeof init.body === 'string' ? init.body : ''
          return fetch(url, { ...init, body: body.replace('ana@acme', 'eve@acme') })
        },
      })
      .responses.create({ steps, tools: crm(() => contact) })
    await expect(work).rejects.toMatchObject({
      code: 'invalid_conversation_signature',
      status: 400,
      requestId: expect.any(String),
    })
  })
})

describe('streaming', () => {
  const script = [lookup, { text: 'Dear Ana' }, { text: 'Bye' }]
  const request = { steps: [...steps, { prompt: 'End' }], stream: true } as const

  test('standard events of all responses, then the last response', async () => {
    const server = await given(script)
    const stream = await server.client().responses.create({ ...request, tools: crm(() => contact) })
    const events: ResponseEvent[] = []
    for await (const event of stream) events.push(event)
    expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(2)
    const ends = events.flatMap((event) =>
      event.type === 'response.completed' ? [event.response.status] : [],
    )
    expect(ends).toEqual(['requires_action', 'completed'])
    const text = events.map((event) =>
      event.type === 'response.output_text.delta' ? event.delta : '',
    )
    expect(text.join('')).toContain('Bye')
    const final = await stream.finalResponse()
    expect(final.steps.map((step) => step.text)).toEqual(['Dear Ana', 'Bye'])
  })

  test('the response alone', async () => {
    const server = await given(script)
    const stream = await server.client().responses.create({ ...request, tools: crm(() => contact) })
    expect(await stream.finalResponse()).toMatchObject({ status: 'completed', output_text: 'Bye' })
    await expect(async () => {
      for await (const event of stream) throw new Error(event.type)
    }).rejects.toThrow('can be read once')
  })

  test('what is wrong with the request is said before there is a stream', async () => {
    const server = await given(script)
    const work = server.client().responses.create({ steps: [{ prompt: '' }], stream: true })
    await expect(work).rejects.toMatchObject({ status: 400, param: 'steps[0].prompt' })
  })

  test('leaving it early ends it', async () => {
    const server = await given(script)
    let calls = 0
    const stream = await server
      .client()
      .responses.create({ ...request, tools: crm(() => (calls += 1)) })
    for await (const { type } of stream) if (type === 'response.created') break
    await expect(stream.finalResponse()).rejects.toMatchObject({ code: 'aborted' })
    expect(calls).toBe(0)
  })

  test('an abort in the middle is an error of the loop', async () => {
    const server = await given([lookup, { text: 'slow', delay_ms: 60_000 }])
    const stop = new AbortController()
    const stream = await server
      .client()
      .responses.create({ steps, stream: true, tools: crm(() => contact) }, { signal: stop.signal })
    const seen: string[] = []
    await expect(async () => {
      for await (const { type } of stream) {
        seen.push(type)
        if (seen.filter((each) => each === 'response.created').length === 2) stop.abort()
      }
    }).rejects.toMatchObject({ code: 'aborted' })
  })
})

test('an unknown model is the server’s error', async () => {
  const server = await given([])
  await expect(
    server.client().responses.create({ model: 'workflow/nowhere', input: 'x' }),
  ).rejects.toMatchObject({
    name: 'LockstepApiError',
    status: expect.any(Number),
    code: expect.any(String),
  })
})
