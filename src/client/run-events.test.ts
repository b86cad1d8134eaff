import { expect, test } from 'vitest'
import type { EventsOptions } from './run-events.ts'
import { createRuns } from './runs.ts'
import { createTransport } from './transport.ts'

/*
 * A run's events over connections that break: what the next request asks for, and what comes of it.
 */

const STREAM = { headers: { 'content-type': 'text/event-stream' } }

function frame(seq: number): string {
  return `id: ${seq}\ndata: ${JSON.stringify({ v: 1, type: 'turn.started', seq, at: seq, turn: 1, input: {} })}\n\n`
}

const hello = 'retry: 1\n\n: here\n\n'
const end = 'event: stream.ended\ndata: {"status":"ended","reason":"completed","head":4}\n\n'

/** Ends as a connection ends whose server is gone: in the middle of a frame, with an error. */
function broken(text: string): Response {
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`${text}id: 9\ndata: {"ty`)),
    pull: (controller) => controller.error(new Error('reset')),
  })
  return new Response(stream, STREAM)
}

/** A server that answers with these, and what it was asked. */
function given(...answers: readonly (Response | Error)[]) {
  const asked: string[] = []
  const transport = createTransport({
    target: () => ({ baseURL: 'http://server/api/v1', apiKey: null }),
    headers: {},
    timeoutMs: 60_000,
    maxRetries: 0,
    async wait(_, signal) {
      signal?.throwIfAborted()
    },
    async fetch(url, { headers }) {
      const lastId = new Headers(headers).get('last-event-id')
      const answer = answers[asked.length]
      asked.push(`${url.replace('http://server/api/v1/runs/', '')} ${lastId ?? ''}`.trim())
      if (answer instanceof Response) return answer
      throw answer ?? new Error('nothing more was expected')
    },
  })
  const runs = createRuns(transport)
  const read = async (
    options: EventsOptions & { readonly text?: false } = {},
  ): Promise<number[]> => {
    const seen: number[] = []
    for await (const { seq } of runs.events('t~1', options)) seen.push(seq)
    return seen
  }
  return { asked, read, runs }
}

test('each event once and in order, over as many connections as it takes', async () => {
  const { asked, read } = given(
    broken(hello + frame(1) + frame(2)),
    new Response(hello + frame(2) + frame(3), STREAM),
    new Response(hello + frame(4) + end, STREAM),
  )
  const reconnects: unknown[] = []
  const seen = await read({
    onReconnect: ({ after, error }) => reconnects.push([after, error === null]),
  })
  expect(seen).toEqual([1, 2, 3, 4])
  expect(asked).toEqual(['t~1/events?after=0', 't~1/events 2', 't~1/events 3'])
  expect(reconnects).toEqual([
    [2, false],
    [3, true],
  ])
})

test('who begins later gets what is later', async () => {
  const { asked, read } = given(new Response(hello + frame(4) + end, STREAM))
  expect(await read({ after: 3, until: 'rest' })).toEqual([4])
  expect(asked).toEqual(['t~1/events?until=rest&after=3'])
})

test('a 204 says that nothing more will come', async () => {
  const { read } = given(broken(hello + frame(1)), new Response(null, { status: 204 }))
  expect(await read()).toEqual([1])
})

test('a server that starts again is waited for', async () => {
  const { read } = given(
    broken(hello + frame(1)),
    new TypeError('fetch failed'),
    new Response('{}', { status: 503 }),
    new Response(hello + frame(2) + end, STREAM),
  )
  expect(await read()).toEqual([1, 2])
})

test.each([
  [
    'no such run',
    Response.json({ error: { message: 'no', code: 'unknown_run' } }, { status: 404 }),
    'unknown_run',
  ],
  ['no server', new TypeError('fetch failed'), 'connection_failed'],
])('what fails at first is told at once: %s', async (_, answer, code) => {
  const { asked, read } = given(answer)
  await expect(read()).rejects.toMatchObject({ code })
  expect(asked).toHaveLength(1)
})

test('a run that was deleted meanwhile is an error', async () => {
  const { read } = given(broken(hello + frame(1)), new Response('{}', { status: 404 }))
  await expect(read()).rejects.toMatchObject({ status: 404 })
})

test('pieces of text come in between, and move nothing', async () => {
  const delta = 'event: text.delta\ndata: {"call":1,"attempt":1,"step":"a","delta":"Hi"}\n\n'
  const { asked, runs } = given(
    broken(hello + frame(1) + delta),
    new Response(hello + frame(2) + end, STREAM),
  )
  const seen: unknown[] = []
  for await (const event of runs.events('t~1', { text: true })) {
    seen.push(event.type === 'text.delta' ? event.delta : event.seq)
  }
  expect(seen).toEqual([1, 'Hi', 2])
  expect(asked).toEqual(['t~1/events?text=true&after=0', 't~1/events?text=true 1'])
})

test('an abort ends the wait for a server', async () => {
  const stop = new AbortController()
  const { read } = given(broken(hello + frame(1)))
  const work = read({ signal: stop.signal, onReconnect: () => stop.abort() })
  await expect(work).rejects.toMatchObject({ code: 'aborted' })
})
