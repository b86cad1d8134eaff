import { describe, expect, test } from 'vitest'
import { createTransport, type ApiCall, type Retry, type Transport } from './transport.ts'

/*
 * What is tried again, and what never is: a POST that may have been executed.
 */

type Answer = Response | Error | (() => Promise<Response>)

interface Given {
  readonly transport: Transport
  readonly sent: { readonly url: string; readonly init: RequestInit }[]
  readonly waits: number[]
}

/** A server that answers with these, one after the other. */
function given(...answers: readonly Answer[]): Given {
  const sent: Given['sent'] = []
  const waits: number[] = []
  const transport = createTransport({
    target: () => ({ baseURL: 'http://server/api/v1', apiKey: 'lsk_1' }),
    async fetch(url, init) {
      const answer = answers[sent.length]
      sent.push({ url, init })
      if (answer === undefined) throw new Error('nothing more was expected')
      if (answer instanceof Error) throw answer
      return answer instanceof Response ? answer : answer()
    },
    headers: { 'x-app': 'test' },
    timeoutMs: 60_000,
    maxRetries: 2,
    async wait(ms) {
      waits.push(ms)
    },
  })
  return { transport, sent, waits }
}

const get: ApiCall = { method: 'GET', path: '/runs' }
const post: ApiCall = { method: 'POST', path: '/runs', body: { a: 1 } }
const keyed: ApiCall = { ...post, idempotencyKey: 'k1' }
const fine = (): Response => Response.json({ ok: true })

function failed(status: number, headers: Record<string, string> = {}): Response {
  const error = { message: 'no', type: 'server_error', code: 'nope', param: 'steps[0]' }
  return Response.json({ error }, { status, headers: { 'x-request-id': 'req_7', ...headers } })
}

const refused = (): Error =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
  })
const reset = (): Error =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
  })

test('a request has the key, the headers, the query and the body', async () => {
  const { transport, sent } = given(fine())
  const answer = await transport.json({
    ...keyed,
    query: { limit: 5, cursor: undefined, q: 'a b' },
  })
  expect(answer).toEqual({ ok: true })
  expect(sent[0]?.url).toBe('http://server/api/v1/runs?limit=5&q=a+b')
  expect(sent[0]?.init).toMatchObject({
    method: 'POST',
    body: '{"a":1}',
    headers: {
      authorization: 'Bearer lsk_1',
      'content-type': 'application/json',
      'idempotency-key': 'k1',
      'x-app': 'test',
    },
  })
})

describe('what is tried again', () => {
  test.each([
    ['GET after 500', get, failed(500)],
    ['GET after 429', get, failed(429)],
    ['GET after a reset', get, reset()],
    ['POST after 429: it was turned away', post, failed(429)],
    ['POST that never connected', post, refused()],
    ['POST with a key after 503', keyed, failed(503)],
    ['POST with a key after a reset', keyed, reset()],
  ])('%s', async (_, call, answer) => {
    const { transport, sent, waits } = given(answer, fine())
    expect(await transport.json(call)).toEqual({ ok: true })
    expect([sent.length, waits.length]).toEqual([2, 1])
  })

  test.each([
    ['POST after 500', post, failed(500), 'nope'],
    ['POST after 503', post, failed(503), 'nope'],
    ['POST after a reset', post, reset(), 'connection_failed'],
    ['POST after an unknown failure', post, new TypeError('Failed to fetch'), 'connection_failed'],
    ['GET after 404', get, failed(404), 'nope'],
    ['POST with a key after 409', keyed, failed(409), 'nope'],
    [
      'what the server wants to wait too long for',
      get,
      failed(429, { 'retry-after': '3600' }),
      'nope',
    ],
  ])('not %s', async (_, call, answer, code) => {
    const { transport, sent, waits } = given(answer, fine())
    await expect(transport.json(call)).rejects.toMatchObject({ name: 'LockstepApiError', code })
    expect([sent.length, waits.length]).toEqual([1, 0])
  })

  test('no more often than was asked for; the pauses grow', async () => {
    const { transport, sent, waits } = given(failed(500), failed(500), failed(500), fine())
    await expect(transport.json(get)).rejects.toMatchObject({ status: 500 })
    expect(sent).toHaveLength(3)
    const [first = 0, second = 0] = waits
    expect(first).toBeGreaterThanOrEqual(375)
    expect(first).toBeLessThanOrEqual(500)
    expect(second).toBeGreaterThanOrEqual(750)
    expect(second).toBeLessThanOrEqual(1_000)
  })

  test('`Retry-After` says how long, and each try is told', async () => {
    const told: Retry[] = []
    const soon = new Date(Date.now() + 30_000).toUTCString()
    const { transport, waits } = given(
      failed(429, { 'retry-after': '2' }),
      failed(503, { 'retry-after': soon }),
      fine(),
    )
    await transport.json({ ...get, onRetry: (retry) => told.push(retry) })
    expect(waits[0]).toBe(2_000)
    expect(waits[1]).toBeGreaterThan(20_000)
    expect(told.map(({ attempt, error }) => [attempt, error.status])).toEqual([
      [1, 429],
      [2, 503],
    ])
  })
})

describe('errors', () => {
  test('the server’s own words', async () => {
    const { transport } = given(failed(400))
    await expect(transport.json(post)).rejects.toMatchObject({
      message: 'no',
      code: 'nope',
      type: 'server_error',
      param: 'steps[0]',
      status: 400,
      requestId: 'req_7',
    })
  })

  test('a page of somebody in between is quoted in short', async () => {
    const { transport } = given(
      new Response(`<h1>Bad gateway</h1>${'x'.repeat(999)}`, { status: 400 }),
    )
    const error: unknown = await transport.json(get).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'http_400' })
    expect(error instanceof Error && error.message.length).toBeLessThan(300)
    expect(error).toMatchObject({ message: expect.stringContaining('<h1>Bad gateway') })
  })

  test('an answer that is no JSON, and a stream that is none', async () => {
    const html = new Response('<p>', { headers: { 'x-request-id': 'req_1' } })
    const { transport } = given(html, fine())
    const invalid = { code: 'invalid_answer', status: 200 }
    await expect(transport.json(post)).rejects.toMatchObject({ ...invalid, requestId: 'req_1' })
    await expect(transport.stream(post)).rejects.toMatchObject(invalid)
  })

  test('a body that JSON cannot hold', async () => {
    const { transport, sent } = given(fine())
    await expect(transport.json({ ...post, body: { n: 1n } })).rejects.toMatchObject({
      code: 'invalid_options',
    })
    expect(sent).toHaveLength(0)
  })

  test('what Node’s own limit says is put in words that help', async () => {
    const limit = Object.assign(new Error('Headers Timeout Error'), {
      code: 'UND_ERR_HEADERS_TIMEOUT',
    })
    const { transport } = given(new TypeError('fetch failed', { cause: limit }))
    await expect(transport.json(post)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('stream: true'),
    })
  })

  test('the key is in no error', async () => {
    const { transport } = given(reset())
    const error: unknown = await transport.json(post).catch((thrown: unknown) => thrown)
    expect(JSON.stringify(error) + String(error)).not.toContain('lsk_1')
  })
})

/** A server that never answers, but hears that nobody waits any more. */
function hanging(init: () => RequestInit | undefined): () => Promise<Response> {
  return () =>
    new Promise((_, reject) => {
      const signal = init()?.signal
      const stop = (): void => reject(signal?.reason ?? new Error('none'))
      if (signal?.aborted === true) stop()
      signal?.addEventListener('abort', stop)
    })
}

test('a time limit and an abort end a request', async () => {
  const late: Given = given(hanging(() => late.sent[0]?.init))
  await expect(late.transport.json({ ...post, timeoutMs: 5 })).rejects.toMatchObject({
    code: 'timeout',
    message: 'no answer within 5 ms',
  })
  const stop = new AbortController()
  const left: Given = given(hanging(() => left.sent[0]?.init))
  const answer = left.transport.json({ ...get, signal: stop.signal })
  stop.abort()
  await expect(answer).rejects.toMatchObject({ code: 'aborted' })
  expect(left.sent).toHaveLength(1)
})

test.each([Infinity, 2 ** 40])('a time limit of %d ms is not over at once', async (timeoutMs) => {
  const slow = async (): Promise<Response> => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return fine()
  }
  expect(await given(slow).transport.json({ ...get, timeoutMs })).toEqual({ ok: true })
})

test('a stream that breaks says so', async () => {
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('data: a\n\n'))
    },
    pull: (controller) => controller.error(new Error('reset')),
  })
  const headers = { 'content-type': 'text/event-stream', 'x-request-id': 'req_2' }
  const { transport } = given(new Response(broken, { headers }))
  const events = await transport.stream(post)
  expect((await events.next()).value).toMatchObject({ data: 'a' })
  await expect(events.next()).rejects.toMatchObject({
    code: 'stream_interrupted',
    requestId: 'req_2',
  })
})
