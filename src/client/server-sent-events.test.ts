import { array, assert, asyncProperty, nat } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { serverSentEvents, type ServerSentEvent } from './server-sent-events.ts'

function body(chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
      }
      controller.close()
    },
  })
}

async function read(chunks: readonly (string | Uint8Array)[]): Promise<readonly ServerSentEvent[]> {
  const events: ServerSentEvent[] = []
  for await (const event of serverSentEvents(body(chunks))) events.push(event)
  return events
}

describe('events', () => {
  test.each([
    ['data: a\n\n', [{ event: 'message', data: 'a', id: null }]],
    ['event: x\nid: 7\ndata: a\ndata:b\n\n', [{ event: 'x', data: 'a\nb', id: '7' }]],
    [
      ': here\r\nretry: 5\r\n\r\ndata: {"é":1}\r\n\r\n',
      [{ event: 'message', data: '{"é":1}', id: null }],
    ],
    [
      'id: 1\ndata: a\n\ndata: b\n\n',
      [
        { event: 'message', data: 'a', id: '1' },
        { event: 'message', data: 'b', id: '1' },
      ],
    ],
    ['data: cut off', []],
    ['data: cut off\n', []],
    ['event: nothing\n\ndata\n\n', [{ event: 'message', data: '', id: null }]],
  ])('%j', async (text, events) => {
    expect(await read([text])).toEqual(events)
  })
})

test('wherever the bytes are cut, the events are the same', async () => {
  const text = 'id: 1\r\nevent: é\r\ndata: 😀\r\rdata: b\n\n: x\ndata: c\r\n\r\n'
  const bytes = new TextEncoder().encode(text)
  const whole = await read([text])
  expect(whole).toHaveLength(3)
  await assert(
    asyncProperty(array(nat(bytes.length), { maxLength: 20 }), async (cuts) => {
      const places = [0, ...cuts.toSorted((left, right) => left - right), bytes.length]
      const chunks = places.slice(1).map((to, index) => bytes.slice(places[index], to))
      expect(await read(chunks)).toEqual(whole)
    }),
  )
})

test('leaving the loop cancels the body', async () => {
  const cancelled = Promise.withResolvers<void>()
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
    cancel: () => cancelled.resolve(),
  })
  for await (const { data } of serverSentEvents(endless)) {
    expect(data).toBe('a')
    break
  }
  await cancelled.promise
})

test('a body that says nothing for too long is given up', async () => {
  const cancelled = Promise.withResolvers<void>()
  const silent = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() })
  const events = serverSentEvents(silent, { idleMs: 5 })
  await expect(events.next()).rejects.toThrow('nothing came for 5 ms')
  await cancelled.promise
})
