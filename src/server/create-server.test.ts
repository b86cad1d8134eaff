import { connect } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loadWorkflow } from '../drive/load/load-workflow.ts'
import { LockstepError } from '../drive/lockstep-error.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { inMemoryBank } from '../store/memory-bank/in-memory-bank.ts'
import type { MemoryBank } from '../store/memory-bank/memory-bank.ts'
import { memoryStore } from '../store/memory.ts'
import { createLog, scrub } from './operation/access-log.ts'
import { ApiError } from './api-error.ts'
import { createKey, keyring, type KeyRecord } from './guard/api-keys.ts'
import { createServer, type LockstepServer, type ServerOptions } from './create-server.ts'
import { DEFAULT_LIMITS } from './guard/server-limits.ts'
import { createDeadlines } from './guard/time-limit.ts'

const servers: LockstepServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ graceMs: 0, parkMs: 0 })
})

/** A server with a route that echoes, one that fails as it is told, and its log. */
function given(options: ServerOptions = {}) {
  const lines: string[] = []
  const log = createLog({ level: 'info', output: { write: (line) => void lines.push(line) } })
  const server = createServer({ log, ...options })
  servers.push(server)
  const failures = new Map<string, () => unknown>([
    ['lockstep', () => new LockstepError('run_busy', 'run a~1 has a driver already')],
    ['api', () => new ApiError('conflict_error', 'no', { code: 'c', param: 'steps[0]' })],
    ['bug', () => new TypeError('at /srv/secret.ts: lsk_abcdefghijklmnop')],
  ])
  server.app.post('/v1/echo', async (c) => c.json({ got: await c.req.json(), by: c.get('caller') }))
  server.app.post('/v1/test/approvals', (c) => c.json({ ok: true }))
  server.app.get('/v1/echo', (c) => c.json({ tenant: c.get('caller').tenant }))
  server.app.post('/v1/fail/:how', (c) => {
    throw failures.get(c.req.param('how'))?.() ?? new Error('?')
  })
  return { server, lines, app: server.app }
}

function keyOf(more: Partial<KeyRecord> = {}) {
  return createKey({ tenant: 'acme', scopes: ['run', 'read'], now: Date.now(), ...more })
}

function post(body: string, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

async function told(response: Response) {
  const body: unknown = await response.json()
  const error: unknown = typeof body === 'object' && body !== null && Reflect.get(body, 'error')
  return { status: response.status, error }
}

describe('keys', () => {
  const good = keyOf()
  const approver = keyOf({ scopes: ['approve'] })
  const admin = keyOf({ scopes: ['admin'] })
  const old = keyOf({ expires: '2020-01-01T00:00:00Z' })
  const gone = keyOf({ revoked: '2020-01-01T00:00:00Z' })
  const keys = keyring([good, approver, admin, old, gone].map(({ record }) => record))

  test.each([
    ['no key', {}, 'missing_api_key'],
    ['another scheme', { authorization: `Basic ${good.secret}` }, 'missing_api_key'],
    ['an empty one', { authorization: 'Bearer ' }, 'missing_api_key'],
    ['a malformed one', bearer('sk-123'), 'invalid_api_key'],
    ['an unknown one', bearer(keyOf().secret), 'invalid_api_key'],
    ['an expired one', bearer(old.secret), 'expired_api_key'],
    ['a revoked one', bearer(gone.secret), 'revoked_api_key'],
    ['a revoked one in the other header', { 'x-api-key': gone.secret }, 'revoked_api_key'],
  ])('%s: 401 on every route, known or not', async (_, headers, code) => {
    const { app } = given({ keys })
    const routes = app.routes.filter(({ method, path }) => method !== 'ALL' && /\/v1\//.test(path))
    expect(routes.length).toBeGreaterThan(3)
    const paths = [...routes, { method: 'GET', path: '/api/v1/nothing' }]
    for (const { method, path } of paths) {
      const body = method === 'GET' ? {} : { body: '{}' }
      const at = path.replaceAll(/:\w+/g, 'acme~1')
      const response = await app.request(at, { method, headers, ...body })
      expect(await told(response)).toMatchObject({
        status: 401,
        error: { type: 'authentication_error', code, param: null },
      })
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  test.each([
    [good, 'POST', '/v1/test/approvals', 'approve'],
    [approver, 'POST', '/v1/echo', 'run'],
    [approver, 'GET', '/v1/echo', 'read'],
    [good, 'GET', '/metrics', 'admin'],
  ])('a scope that is missing: 403', async ({ secret }, method, path, scope) => {
    const { app } = given({ keys })
    const response = await app.request(path, { method, headers: bearer(secret) })
    expect(await told(response)).toMatchObject({
      status: 403,
      error: { type: 'permission_error', code: 'insufficient_scope' },
    })
    expect(scope).toBeTypeOf('string')
    const all = await app.request(path, {
      ...(method === 'POST' ? post('{}', bearer(admin.secret)) : { headers: bearer(admin.secret) }),
      method,
    })
    expect(all.status).toBe(200)
  })

  test('a good one is its tenant, in either header', async () => {
    const { app } = given({ keys })
    for (const headers of [bearer(good.secret), { 'x-api-key': good.secret }]) {
      const response = await app.request('/v1/echo', { headers })
      expect(await response.json()).toEqual({ tenant: 'acme' })
    }
  })

  test('that cannot be read let nobody in', async () => {
    const broken = {
      check: () => {
        throw new Error('EACCES /etc/keys.json')
      },
      count: () => {
        throw new Error('EACCES /etc/keys.json')
      },
    }
    const { app } = given({ keys: broken })
    const response = await app.request('/v1/echo', { headers: bearer(good.secret) })
    const body = await response.text()
    expect(response.status).toBe(503)
    expect(body).not.toContain('EACCES')
    const ready = await app.request('/readyz')
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not ready', checks: { store: 'none', keys: 'failed', workflows: '0 loaded' } },
    ])
  })

  test('their limits: 429 with the time to wait', async () => {
    const slow = keyOf({ rate_per_minute: 1 })
    const { app } = given({ keys: keyring([slow.record]) })
    const first = await app.request('/v1/echo', { headers: bearer(slow.secret) })
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    const second = await app.request('/v1/echo', { headers: bearer(slow.secret) })
    expect(second.headers.get('retry-after')).toBe('60')
    expect(await told(second)).toMatchObject({ status: 429, error: { type: 'rate_limit_error' } })
  })
})

describe('without keys', () => {
  test('listens on loopback alone', async () => {
    const { server } = given()
    await expect(server.listen({ host: '0.0.0.0', port: 0 })).rejects.toThrow(/loopback/)
    await expect(server.listen({ host: 'example.com', port: 0 })).rejects.toThrow(/loopback/)
  })

  test('keeps out rebound names and pages of other origins', async () => {
    const { app } = given({ origins: ['https://app.example'] })
    const ask = async (headers: Readonly<Record<string, string>>) =>
      (await app.request('/v1/echo', { headers })).status
    expect(await ask({ host: 'localhost:8787' })).toBe(200)
    expect(await ask({ host: '[::1]:8787' })).toBe(200)
    expect(await ask({ host: 'evil.example' })).toBe(403)
    expect(await ask({ host: 'localhost.evil.example' })).toBe(403)
    expect(await ask({ host: 'localhost:1', origin: 'https://evil.example' })).toBe(403)
    expect(await ask({ host: 'localhost:1', origin: 'null' })).toBe(403)
    expect(await ask({ host: 'localhost:1', origin: 'http://localhost:1' })).toBe(200)
    expect(await ask({ host: 'localhost:1', origin: 'https://app.example' })).toBe(200)
  })
})

describe('bodies', () => {
  const limits = { bytes: 1_000, attachmentBytes: 5_000, depth: 5 }

  test.each([
    ['too large', JSON.stringify({ a: 'x'.repeat(1_000) }), {}, 413, 'request_too_large'],
    ['too large by its own word', '{}', { 'content-length': '1001' }, 413, 'request_too_large'],
    ['too deep', `${'['.repeat(6)}${']'.repeat(6)}`, {}, 400, 'too_deep'],
    ['no JSON', '{"a":', {}, 400, 'invalid_json'],
    [
      'no JSON by its own word',
      'a=1',
      { 'content-type': 'text/plain' },
      400,
      'unsupported_media_type',
    ],
    ['packed', '{}', { 'content-encoding': 'gzip' }, 400, 'unsupported_encoding'],
  ])('%s: refused', async (_, body, headers, status, code) => {
    const { app } = given({ limits })
    expect(await told(await app.request('/v1/echo', post(body, headers)))).toMatchObject({
      status,
      error: { code },
    })
  })

  test('there may be no body at all, whatever its type', async () => {
    const { server } = given()
    server.app.post('/v1/bare', async (c) => c.json({ text: await c.req.text() }))
    const { url } = await server.listen({ port: 0 })
    for (const headers of [{}, { 'content-type': 'text/plain' }]) {
      const response = await fetch(`${url}/v1/bare`, { method: 'POST', headers })
      expect(await response.json()).toEqual({ text: '' })
    }
  })

  test('brackets in texts are no levels', async () => {
    const { app } = given({ limits })
    const value = { a: '[[[[[[[[{{{{{{', b: String.raw`\"[[[[[[[`, c: [[[['"']]]] }
    const response = await app.request('/v1/echo', post(JSON.stringify(value)))
    expect(await response.json()).toMatchObject({ got: value })
  })

  test('in chunks are counted as they arrive', async () => {
    const { server } = given({ limits })
    const { url } = await server.listen({ port: 0 })
    let sent = 0
    const send = (count: number) =>
      fetch(`${url}/v1/echo`, {
        ...post(''),
        body: new ReadableStream({
          pull(controller) {
            if (sent++ >= count) {
              controller.close()
              return
            }
            controller.enqueue(new TextEncoder().encode(sent === 1 ? '{"a":"' : 'x'.repeat(100)))
          },
        }),
        duplex: 'half',
      })
    const endless = await send(Infinity)
    expect(await told(endless)).toMatchObject({ status: 413, error: { code: 'request_too_large' } })
    sent = 0
    const small = await send(3)
    expect(await told(small)).toMatchObject({ status: 400, error: { code: 'invalid_json' } })
  })

  test('routes with attachments take more', async () => {
    const { app } = given({ limits })
    const body = JSON.stringify({ a: 'x'.repeat(2_000) })
    expect((await app.request('/v1/echo', post(body))).status).toBe(413)
    // It is no request of this surface, but none that is too large.
    expect((await app.request('/v1/responses', post(body))).status).toBe(400)
    expect((await app.request('/v1/responses', post(body + ' '.repeat(5_000)))).status).toBe(413)
  })
})

describe('errors', () => {
  test.each([
    ['lockstep', 409, { code: 'run_busy', type: 'conflict_error' }],
    ['api', 409, { code: 'c', param: 'steps[0]' }],
    ['bug', 500, { code: 'internal_error', type: 'server_error' }],
  ])('%s: in OpenAI’s shape', async (how, status, error) => {
    const { app } = given()
    const response = await app.request(`/v1/fail/${how}`, post('{}'))
    expect(await told(response)).toMatchObject({ status, error })
  })

  test('of the server itself tell the caller nothing, and the log everything but secrets', async () => {
    const { app, lines } = given()
    const key = 'my-own-provider-key'
    app.post('/v1/quote', async (c) => {
      throw new Error(`the provider refused ${key}`, { cause: await c.req.json() })
    })
    const response = await app.request('/v1/quote', {
      ...post(JSON.stringify({ llm_api_key: key, prompt: 'private words' })),
    })
    const body = await response.text()
    expect(body).not.toContain('provider')
    const failed = await app.request('/v1/fail/bug', post('{}', { 'x-request-id': 'mine-1' }))
    expect(await failed.text()).not.toContain('secret')
    const all = lines.join('')
    expect(all).toContain('the provider refused [secret]')
    expect(all).toContain('"request":"mine-1"')
    expect(all).toContain('[secret]')
    for (const secret of [key, 'private words', 'lsk_abc']) expect(all).not.toContain(secret)
  })
})

describe('every answer', () => {
  test('has a request id, the caller’s own where it is sane', async () => {
    const { app } = given()
    const idFor = async (id: string) =>
      (await app.request('/v1/echo', { headers: { 'x-request-id': id } })).headers.get(
        'x-request-id',
      )
    expect(await idFor('trace-1.a_B')).toBe('trace-1.a_B')
    for (const id of ['a b', 'x'.repeat(65), '<script>', '"}']) {
      expect(await idFor(id)).toMatch(/^req_[0-9a-f-]{36}$/)
    }
  })

  test('keeps browsers from doing more with it; CORS is off until an origin is listed', async () => {
    const { app } = given({ keys: keyring([]) })
    const response = await app.request('/v1/echo', { headers: { origin: 'https://a.example' } })
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    const open = given({ keys: keyring([]), origins: ['https://a.example'] })
    const ask = (origin: string) =>
      open.app.request('/v1/echo', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    const allowed = await ask('https://a.example')
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://a.example')
    expect((await ask('https://b.example')).headers.get('access-control-allow-origin')).toBeNull()
  })

  test('is one line of the access log, without query, header or body', async () => {
    const { secret, record } = keyOf()
    const { app, lines } = given({ keys: keyring([record]) })
    await app.request('/v1/echo?token=hush', post('{"a":"quiet"}', bearer(secret)))
    expect(lines).toHaveLength(1)
    const line: unknown = JSON.parse(lines[0] ?? '')
    expect(line).toMatchObject({
      level: 'info',
      msg: 'request',
      method: 'POST',
      route: '/v1/echo',
      path: '/v1/echo',
      status: 200,
      tenant: 'acme',
      key: record.id,
    })
    for (const text of ['hush', 'quiet', secret]) expect(lines[0]).not.toContain(text)
  })
})

test.each([
  ['lsk_4GXmSfPZIL4nV1fZ7FPI8OjPg202XChxuFCqRmLiso8', '[secret]'],
  ['no: sk-ant-api03-abcdefgh!', 'no: [secret]!'],
  ['{"Authorization":"Bearer abcdefghijk"}', '{"Authorization":"[secret]"}'],
  ['at postgres://ana:hunter2@db/x', 'at [secret]db/x'],
  ['token eyJhbGciOi.JIUzI1.NiJ9', 'token [secret]'],
  ['a task, a risk-free desk', 'a task, a risk-free desk'],
])('a log has %s as %s', (text, kept) => {
  expect(scrub(text)).toBe(kept)
})

describe('a peer', () => {
  test('that never finishes its headers is let go', async () => {
    const http = {
      ...DEFAULT_LIMITS.http,
      headersTimeout: 50,
      requestTimeout: 100,
      connectionsCheckingInterval: 20,
    }
    const { server } = given({ limits: { http } })
    const { port } = await server.listen({ port: 0 })
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () =>
        socket.write('POST /v1/echo HTTP/1.1\r\nHost: '),
      )
      socket.on('data', (data) => (text += data.toString()))
      socket.on('close', () => resolve(text))
    })
    expect(answer).toContain('408')
  })

  test.each([
    [
      'a header in two lines',
      'GET /v1/echo HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n\tb: c\r\n\r\n',
    ],
    [
      'a bare newline in a header',
      'GET /v1/echo HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\nX-B: b\r\n\r\n',
    ],
    [
      'two lengths',
      'POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x',
    ],
    [
      'length and chunks',
      'POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('with %s never gets a 2xx, and the server lives', async (_, bytes) => {
    const { server } = given()
    const { port, url } = await server.listen({ port: 0 })
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
      socket.on('data', (data) => (text += data.toString()))
      socket.on('close', () => resolve(text))
    })
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })
})

describe('places', () => {
  const limits = { concurrency: 1 }

  test('are given back where the caller goes away before the answer', async () => {
    const { server, app } = given({ limits })
    const waiting: (() => void)[] = []
    app.post('/v1/slow', async (c) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
      return c.json({})
    })
    const { url } = await server.listen({ port: 0 })
    const gone = new AbortController()
    const asked = fetch(`${url}/v1/slow`, { ...post('{}'), signal: gone.signal }).catch(
      () => 'gone',
    )
    await expect.poll(() => waiting).toHaveLength(1)
    expect((await fetch(`${url}/v1/echo`, post('{}'))).status).toBe(429)
    gone.abort()
    expect(await asked).toBe('gone')
    waiting[0]?.()
    await expect.poll(async () => (await fetch(`${url}/v1/echo`, post('{}'))).status).toBe(200)
  })

  test('are held by a stream until it ends', async () => {
    const { server, app } = given({ limits })
    let controller: ReadableStreamDefaultController<Uint8Array> | null = null
    app.post('/v1/stream', (c) =>
      c.body(
        new ReadableStream<Uint8Array>({
          start(given) {
            controller = given
            given.enqueue(new TextEncoder().encode('begun'))
          },
        }),
      ),
    )
    const { url } = await server.listen({ port: 0 })
    const response = await fetch(`${url}/v1/stream`, post('{}'))
    const reader = response.body?.getReader()
    await reader?.read()
    expect((await fetch(`${url}/v1/echo`, post('{}'))).status).toBe(429)
    Object(controller).close()
    await reader?.read()
    await expect.poll(async () => (await fetch(`${url}/v1/echo`, post('{}'))).status).toBe(200)
  })
})

describe('time', () => {
  test('that a route does not keep to: 504, and the server lives', async () => {
    const { app } = given({ limits: { seconds: 0.02 } })
    app.post('/v1/never', () => new Promise<Response>(() => {}))
    const response = await app.request('/v1/never', post('{}'))
    expect(await told(response)).toMatchObject({
      status: 504,
      error: { code: 'time_limit_exceeded', type: 'server_error' },
    })
    expect((await app.request('/v1/echo')).status).toBe(200)
  })

  test('of a run without a store is up some while after its request’s, never before', () => {
    vi.useFakeTimers()
    try {
      const all = new AbortController()
      const deadline = createDeadlines(60_000, all.signal)
      const first = deadline()
      expect(deadline()).toBe(first)
      vi.advanceTimersByTime(15_000)
      const second = deadline()
      expect(second).not.toBe(first)
      vi.advanceTimersByTime(59_999)
      expect([first.aborted, second.aborted]).toEqual([false, false])
      vi.advanceTimersByTime(1)
      expect([first.aborted, second.aborted]).toEqual([true, false])
      all.abort()
      expect(second.aborted).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })
})

test('notes are one tenant’s own: a run asks for those of whose id it has', async () => {
  const bank = inMemoryBank()
  const script = parseScript([{ text: 'Hello.' }])
  const loaded = await loadWorkflow({
    workflow: 'remembers',
    memory: { record: 'customer-1', recall: true },
    steps: [{ prompt: 'Hello' }],
  })
  if (!script.ok || !loaded.ok) throw new Error('not as it was given')
  const asked: string[] = []
  const memory: MemoryBank = {
    ...bank,
    recall(query) {
      asked.push(query.tenant)
      return bank.recall(query)
    },
  }
  const mind = scriptedMind(script.script)
  const { server } = given({ store: memoryStore(), mind, runtime: { memory } })
  const { stateless, stored } = server.context
  for (const [runtime, id] of [
    [stored, 'acme~1'],
    [stateless(null), 'other~1'],
  ] as const) {
    const run = await runtime?.start(loaded.workflow, { id })
    expect((await run?.done)?.reason).toBe('completed')
  }
  expect(asked).toEqual(['acme', 'other'])
})

describe('metrics', () => {
  test('count by route as it was declared, and name nobody', async () => {
    const { secret, record } = keyOf({ scopes: ['admin'] })
    const { app } = given({ keys: keyring([record]) })
    await app.request('/v1/fail/acme~77', post('{}', bearer(secret)))
    await app.request('/v1/unheard/acme~78', post('{}', bearer(secret)))
    const response = await app.request('/metrics', { headers: bearer(secret) })
    const text = await response.text()
    expect(text).toMatch(
      /lockstep_http_request_duration_seconds_count\{method="POST",route="\/v1\/fail\/:how",status="500"\} 1/,
    )
    expect(text).toMatch(/route="none",status="404"/)
    for (const name of ['acme', secret, record.id]) expect(text).not.toContain(name)
  })
})
