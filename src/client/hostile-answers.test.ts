import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createClient, LockstepApiError, type Client } from '../client.ts'

/*
 * Whatever a server answers, the client gives a result or its one error; never a crash of its own.
 */

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, [], [null], {}, [{}], 'x'),
)

/** Half of what a response has, with junk in every place. */
const almostResponse = fc.record(
  {
    id: fc.constant('resp_1'),
    status: fc.constantFrom('completed', 'requires_action', 'failed'),
    output: fc.oneof(
      junk,
      fc.array(
        fc.record(
          {
            type: fc.constantFrom('function_call', 'message'),
            call_id: junk,
            name: junk,
            content: junk,
          },
          { requiredKeys: [] },
        ),
      ),
    ),
    steps: junk,
    required_action: fc.oneof(junk, fc.record({ type: junk, tool_calls: fc.array(junk) })),
    conversation: junk,
    conversation_signature: fc.oneof(junk, fc.constant('s')),
    remaining_steps: junk,
  },
  { requiredKeys: ['id', 'status'] },
)

const almostRun = fc.record(
  {
    id: junk,
    workflow: junk,
    status: junk,
    steps: junk,
    ledger: junk,
    data: junk,
    next_cursor: junk,
  },
  { requiredKeys: [] },
)

const tools = { look: { execute: () => 1 } }

const CALLS: readonly [string, (client: Client) => Promise<unknown>][] = [
  ['responses', ({ responses }) => responses.create({ input: 'x', tools }, { maxRoundtrips: 2 })],
  ['chat', ({ chat }) => chat.completions.create({ messages: [] })],
  ['runs.start', ({ runs }) => runs.start({ workflow: 'w' })],
  ['runs.get', ({ runs }) => runs.get('t~1')],
  ['runs.approvals', ({ runs }) => runs.approvals('t~1')],
  ['runs.handoff', ({ runs }) => runs.handoff('t~1')],
]

const STREAMS: readonly [string, (client: Client) => Promise<unknown>][] = [
  [
    'responses',
    async ({ responses }) => {
      const stream = await responses.create(
        { input: 'x', stream: true, tools },
        { maxRoundtrips: 2 },
      )
      return stream.finalResponse()
    },
  ],
  [
    'chat',
    async ({ chat }) => {
      for await (const { choices } of await chat.completions.create({ messages: [], stream: true }))
        expect(Array.isArray(choices)).toBe(true)
    },
  ],
  [
    'runs.events',
    async ({ runs }) => {
      for await (const { type } of runs.events('t~1')) expect(typeof type).toBe('string')
    },
  ],
]

async function expectOneError(work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error !== null) expect(error).toBeInstanceOf(LockstepApiError)
}

function answering(answer: () => Response): Client {
  return createClient({ baseURL: 'http://server', maxRetries: 0, fetch: async () => answer() })
}

test.each(CALLS)('%s', async (_, call) => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(junk, almostResponse, almostRun), async (value) => {
      await expectOneError(call(answering(() => Response.json(value))))
    }),
    { numRuns: 300 },
  )
})

test.each(STREAMS)('%s as a stream', async (_, call) => {
  const event = fc.oneof(
    junk,
    fc.record({
      type: fc.constantFrom('response.completed', 'response.created', 'error'),
      response: fc.oneof(junk, almostResponse),
    }),
    fc.constantFrom('[DONE', '{'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 3 }), async (events) => {
      const frames = events.map((each) =>
        typeof each === 'string' ? `data: ${each}\n\n` : `data: ${JSON.stringify(each)}\n\n`,
      )
      const text = `${frames.join('')}event: stream.ended\ndata: {}\n\n`
      const headers = { 'content-type': 'text/event-stream' }
      await expectOneError(call(answering(() => new Response(text, { headers }))))
    }),
    { numRuns: 300 },
  )
})
