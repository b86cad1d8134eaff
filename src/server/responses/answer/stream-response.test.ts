import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Mind } from '../../../mind/mind.ts'
import { memoryStore } from '../../../store/memory.ts'
import { givenServer, type GivenServer } from '../given-responses.ts'

const eventSchema = z.looseObject({
  type: z.string(),
  sequence_number: z.number(),
  delta: z.string().optional(),
  item: z.looseObject({ id: z.string() }).optional(),
  response: z.looseObject({ id: z.string(), output: z.array(z.looseObject({})) }).optional(),
})

/** Everything that a stream says, event by event. */
async function stream(
  given: GivenServer,
  on: { readonly body: object; readonly headers?: Record<string, string> },
): Promise<readonly z.infer<typeof eventSchema>[]> {
  const answer = await givenServer(given).app.request('/v1/responses', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...on.headers },
    body: JSON.stringify({ ...on.body, stream: true }),
  })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const blocks = (await answer.text()).trimEnd().split('\n\n')
  expect(blocks.at(-1)).toBe('data: [DONE]')
  return blocks.slice(0, -1).map((block) => {
    const [first = '', second = ''] = block.split('\n')
    const event = eventSchema.parse(JSON.parse(second.replace('data: ', '')))
    expect(first).toBe(`event: ${event.type}`)
    return event
  })
}

/** Says its text in three pieces. */
const slow: Mind = {
  async answer(_, { onText }) {
    for (const piece of ['one ', 'two ', 'three']) onText(piece)
    return {
      parts: [{ type: 'text', text: 'one two three' }],
      finish: 'stop',
      usage: { input: 1, output: 3, cached: 0 },
    }
  },
}

describe('a stream', () => {
  it('tells a text as it comes, in the events of OpenAI and their order', async () => {
    const events = await stream({ script: slow }, { body: { input: 'go' } })
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.in_progress',
      'response.completed',
    ])
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at))
    expect(events.flatMap(({ delta }) => delta ?? [])).toEqual(['one ', 'two ', 'three'])
    const ids = new Set(events.flatMap(({ response }) => response?.id ?? []))
    expect(ids.size).toBe(1)
    expect(events.at(-1)?.response).toMatchObject({
      status: 'completed',
      output: [{ type: 'message', content: [{ text: 'one two three' }] }],
      usage: { output_tokens: 3 },
    })
  })

  it('tells of the calls that wait, whole', async () => {
    const tools = [{ type: 'function', name: 'look', parameters: { type: 'object' } }]
    const script = [
      {
        calls: [
          { tool: 'look', args: { a: 1 } },
          { tool: 'look', args: { a: 2 } },
        ],
      },
    ]
    const events = await stream({ script }, { body: { input: 'go', tools } })
    expect(events.map(({ type }) => type.replace('response.', '')).slice(2)).toEqual([
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ])
    expect(events.flatMap(({ delta }) => delta ?? [])).toEqual(['{"a":1}', '{"a":2}'])
  })

  it('says what earlier steps came to beside the response, and only the last as its text', async () => {
    const steps = [{ prompt: 'a' }, { prompt: 'b' }]
    const events = await stream(
      { script: [{ text: 'first' }, { text: 'last' }] },
      { body: { steps } },
    )
    expect(events.filter(({ type }) => type === 'response.output_item.added')).toHaveLength(1)
    const progress = events.filter(({ type }) => type === 'response.in_progress')
    expect(progress.map(({ response }) => response)).toMatchObject([
      {},
      { steps: [{ order: 1, text: 'first' }] },
      { steps: [{}, { order: 2, text: 'last' }] },
    ])
    expect(events.at(-1)?.response).toMatchObject({ output_text: 'last', steps: [{}, {}] })
  })

  it('waits with a text that may be sent back', async () => {
    const format = { type: 'json_schema', name: 'n', schema: { type: 'object', required: ['n'] } }
    const events = await stream(
      { script: [{ text: 'no JSON' }, { text: '{"n":1}' }] },
      { body: { input: 'go', text: { format } } },
    )
    expect(events.flatMap(({ delta }) => delta ?? [])).toEqual(['{"n":1}'])
    expect(events.at(-1)?.response?.output).toHaveLength(1)
  })

  it('ends with the failure of a run that failed', async () => {
    const script: Mind = { answer: () => Promise.reject(new Error('no model')) }
    const events = await stream({ script }, { body: { input: 'go' } })
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', reason: 'model_failed', error: { code: 'server_error' } },
    })
  })

  it('has the events of the run itself for those who ask for them', async () => {
    const on = { body: { input: 'go' }, headers: { 'lockstep-events': 'all' } }
    const types = (await stream({ script: slow }, on)).map(({ type }) => type)
    expect(types).toContain('lockstep:model.answered')
    expect(types.filter((type) => type === 'response.completed')).toHaveLength(1)
  })

  it('parks its run when nobody listens any more', async () => {
    const store = memoryStore()
    const waits: Mind = {
      answer: (_, { signal, onText }) =>
        new Promise((_resolve, reject) => {
          onText('one ')
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        }),
    }
    const { app } = givenServer({ script: waits, store })
    const answer = await app.request('/v1/responses', {
      method: 'POST',
      body: JSON.stringify({ input: 'go', stream: true }),
    })
    const reader = answer.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    const { run } = await until(async () => (await store.list({ limit: 1 }))[0] ?? null)
    const lease = await until(() => store.tryAcquire(run))
    await lease.release()
    expect(await store.find(run)).toMatchObject({ reason: null })
  })
})

/** Asks again until there is something. */
async function until<Value>(ask: () => Promise<Value | null>): Promise<Value> {
  for (;;) {
    const value = await ask()
    if (value !== null) return value
    await new Promise((resolve) => setImmediate(resolve))
  }
}
