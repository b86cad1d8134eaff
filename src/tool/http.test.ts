import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { ToolContext } from '../core/spec/define.ts'
import type { HttpSpec } from '../core/spec/spec.ts'
import { httpRunner, type HttpOptions } from './http.ts'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A loopback server that remembers what it was asked. */
async function serve(
  answer: (response: ServerResponse, seen: Seen) => void,
): Promise<{ readonly port: number; readonly origin: string; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      answer(response, one)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port } = address
  return { port, origin: `http://127.0.0.1:${port}`, seen }
}

function json(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(body))
}

function contextOf(signal: AbortSignal = new AbortController().signal): ToolContext {
  return { runId: 'run-1', callId: 'call-1', idempotencyKey: 'key-1', attempt: 1, signal }
}

function run(
  spec: HttpSpec,
  args: Record<string, string | number> = {},
  options: HttpOptions = {},
): Promise<unknown> {
  return httpRunner(spec, options)(args, contextOf())
}

const allow = ['127.0.0.1']

test('a GET gives JSON, text or null, and carries no idempotency key', async () => {
  const { origin, seen } = await serve((response, { url }) => {
    if (url === '/empty') response.writeHead(204).end()
    else if (url === '/text') response.setHeader('content-type', 'text/plain').end('héllo')
    else json(response, { url })
  })
  const spec = { url: `${origin}/{{kind}}`, allow }
  expect(await run(spec, { kind: 'a b' })).toEqual({ url: '/a%20b' })
  expect(await run(spec, { kind: 'text' })).toBe('héllo')
  expect(await run(spec, { kind: 'empty' })).toBeNull()
  expect(seen[0]?.headers).not.toHaveProperty('idempotency-key')
})

test('a write carries its idempotency key, its headers and its body', async () => {
  const { origin, seen } = await serve((response) => json(response, { ok: true }))
  const spec: HttpSpec = {
    method: 'POST',
    url: `${origin}/refunds`,
    headers: { Authorization: 'Bearer {{env.KEY}}' },
    body: { amount: '{{amount}}' },
    allow,
  }
  expect(await run(spec, { amount: 5 }, { env: { KEY: 'secret' } })).toEqual({ ok: true })
  expect(seen).toMatchObject([
    {
      method: 'POST',
      body: '{"amount":5}',
      headers: { 'idempotency-key': 'key-1', authorization: 'Bearer secret' },
    },
  ])
})

test('a failing status becomes a code, a message and a wait', async () => {
  const answers: Readonly<Record<string, readonly [number, unknown, string?]>> = {
    '/own': [
      422,
      { error: { code: 'CARD_DECLINED', message: 'no funds', retry_after_seconds: 7 } },
    ],
    '/flat': [400, { code: 'BAD_ID', message: 'no such id' }],
    '/google': [404, { error: { code: 404, message: 'gone' } }],
    '/limit': [429, 'slow', '12'],
    '/date': [429, 'slow', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    '/who': [401, { error: 'who are you' }],
    '/late': [504, ''],
    '/down': [503, '<html>'],
    '/same': [304, ''],
  }
  const { origin } = await serve((response, { url = '' }) => {
    const [status, body, wait] = answers[url] ?? [500, '']
    response.statusCode = status
    if (wait !== undefined) response.setHeader('retry-after', wait)
    if (typeof body === 'string') response.end(body)
    else json(response, body)
  })
  const fail = (path: string): Promise<unknown> => run({ url: origin + path, allow })
  await expect(fail('/own')).rejects.toMatchObject({
    name: 'ToolError',
    code: 'CARD_DECLINED',
    message: 'HTTP 422: no funds',
    details: { retry_after_seconds: 7 },
    executed: undefined,
  })
  await expect(fail('/flat')).rejects.toMatchObject({ code: 'BAD_ID' })
  await expect(fail('/google')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'HTTP 404: gone',
  })
  await expect(fail('/limit')).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    retryAfterSeconds: 12,
  })
  await expect(fail('/date')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 0 })
  await expect(fail('/who')).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: 'HTTP 401: who are you',
  })
  await expect(fail('/late')).rejects.toMatchObject({ code: 'TIMEOUT' })
  await expect(fail('/down')).rejects.toMatchObject({ code: 'HTTP_503' })
  await expect(fail('/same')).rejects.toMatchObject({ code: 'HTTP_304' })
})

test('no access is a failure of category permission, and an empty list is a success', async () => {
  const answers: Readonly<Record<string, readonly [number, unknown]>> = {
    '/empty': [200, []],
    '/who': [401, ''],
    '/hidden': [403, { code: 'NOT_FOUND' }],
    '/masked': [404, { error: { code: 'PERMISSION_DENIED' } }],
    '/own': [409, { error: { code: 'CARD_DECLINED', category: 'business' } }],
    '/bad': [422, ''],
    '/down': [502, ''],
    '/taken': [409, ''],
  }
  const { origin } = await serve((response, { url = '' }) => {
    const [status, body] = answers[url] ?? [500, '']
    response.statusCode = status
    json(response, body)
  })
  const get = (path: string): Promise<unknown> => run({ url: origin + path, allow })
  expect(await get('/empty')).toEqual([])
  await expect(get('/who')).rejects.toMatchObject({ category: 'permission' })
  await expect(get('/hidden')).rejects.toMatchObject({ category: 'permission' })
  await expect(get('/masked')).rejects.toMatchObject({ category: 'permission' })
  await expect(get('/own')).rejects.toMatchObject({ category: 'business' })
  await expect(get('/bad')).rejects.toMatchObject({ category: 'validation' })
  await expect(get('/down')).rejects.toMatchObject({ category: 'transient' })
  await expect(get('/taken')).rejects.toMatchObject({ category: undefined })
})

test('an answer that is broken, cut off, encoded or too large is an error', async () => {
  const { origin } = await serve((response, { url }) => {
    if (url === '/broken') response.setHeader('content-type', 'application/json').end('{')
    else if (url === '/gzip') response.setHeader('content-encoding', 'gzip').end('x')
    else if (url === '/cut') {
      response.setHeader('content-length', '100').write('x', () => response.destroy())
    } else response.end('x'.repeat(1024 * 1024 + 1))
  })
  const fail = (path: string): Promise<unknown> => run({ url: origin + path, allow })
  await expect(fail('/broken')).rejects.toMatchObject({ code: 'INVALID_RESPONSE' })
  await expect(fail('/gzip')).rejects.toMatchObject({ code: 'INVALID_RESPONSE' })
  await expect(fail('/cut')).rejects.toMatchObject({ code: 'CONNECTION_LOST', executed: undefined })
  await expect(fail('/large')).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' })
})

test('loopback is refused unless it is listed, and nothing is sent', async () => {
  const { port, seen } = await serve((response) => response.end())
  const refused = { code: 'ADDRESS_REFUSED', executed: false }
  for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost']) {
    await expect(run({ url: `http://${host}:${port}/` })).rejects.toMatchObject(refused)
  }
  await expect(
    run({ url: `http://127.0.0.1:${port}/`, allow: ['127.0.0.1:1'] }),
  ).rejects.toMatchObject(refused)
  expect(seen).toEqual([])
})

test('the connection goes to the address that was checked, however the name resolves later', async () => {
  const { port, seen } = await serve((response) => response.end('here'))
  let asked = 0
  const resolve = async (): Promise<{ address: string; family: number }[]> => {
    asked += 1
    return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
  }
  const url = `http://tools.test:${port}/`
  expect(await run({ url, allow: ['tools.test'] }, {}, { resolve })).toBe('here')
  expect(asked).toBe(1)
  expect(seen[0]?.headers.host).toBe(`tools.test:${port}`)
})

test('a GET follows three redirects, and hands its headers to no other origin', async () => {
  const other = await serve((response) => json(response, 'other'))
  const { origin, seen } = await serve((response, { url = '' }) => {
    const left = Number(url.slice(1))
    if (Number.isNaN(left)) response.writeHead(302, { location: `${other.origin}/` }).end()
    else if (left === 0) json(response, 'end')
    else response.writeHead(307, { location: `/${left - 1}` }).end()
  })
  const headers = { authorization: 'secret' }
  expect(await run({ url: `${origin}/3`, headers, allow })).toBe('end')
  expect(seen.map((one) => one.headers.authorization)).toEqual([
    'secret',
    'secret',
    'secret',
    'secret',
  ])
  await expect(run({ url: `${origin}/4`, allow })).rejects.toMatchObject({
    code: 'REDIRECT_REFUSED',
  })
  expect(await run({ url: `${origin}/away`, headers, allow })).toBe('other')
  expect(other.seen[0]?.headers).not.toHaveProperty('authorization')
})

test('a redirect is checked like the first address; a write follows none', async () => {
  const inside = await serve((response) => response.end('secret'))
  const { origin, port } = await serve((response, { url }) => {
    const location = url === '/file' ? 'file:///etc/passwd' : `http://127.0.0.2:${inside.port}/`
    response.writeHead(302, { location }).end()
  })
  for (const path of ['/inside', '/file']) {
    const failing = run({ url: origin + path, allow: [`127.0.0.1:${port}`] })
    // The first request was sent, so nothing is claimed of it.
    await expect(failing).rejects.toMatchObject({ code: 'ADDRESS_REFUSED', executed: undefined })
  }
  await expect(run({ method: 'POST', url: `${origin}/`, allow })).rejects.toMatchObject({
    code: 'REDIRECT_REFUSED',
  })
  expect(inside.seen).toEqual([])
})

test('a server that is not there was not reached', async () => {
  const { origin } = await serve((response) => response.end())
  const [server] = servers.splice(0)
  await new Promise((resolve) => server?.close(resolve))
  await expect(run({ url: origin, allow })).rejects.toMatchObject({
    code: 'UNREACHABLE',
    executed: false,
  })
})

test('the signal aborts the request', async () => {
  const controller = new AbortController()
  const { origin } = await serve(() => controller.abort())
  const runner = httpRunner({ method: 'POST', url: origin, allow })
  await expect(runner({}, contextOf(controller.signal))).rejects.toMatchObject({
    code: 'ABORTED',
    executed: undefined,
  })
  await expect(runner({}, contextOf(controller.signal))).rejects.toMatchObject({
    code: 'ABORTED',
    executed: false,
  })
})

test('a wrong spec throws when the runner is made', () => {
  expect(() => httpRunner({ url: 'https://{{host}}/' })).toThrow(TypeError)
})
