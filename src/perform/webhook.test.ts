import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Handoff } from '../core/log/handoff.ts'
import { webhookDelivery } from './webhook.ts'

/*
 * A real server on the loopback: what it is sent, and what becomes of its answers.
 */

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const packet: Handoff = {
  run: 'run_1',
  workflow: 'refund',
  step: 'refund',
  subject: 'Wo ist ö-502?',
  customer_id: 'c-1',
  summary: 's',
  findings: [],
  root_cause: 'r',
  attempts: [],
  amounts: [],
  recommended_action: 'a',
  urgency: 'high',
  open_questions: [],
  held: null,
  fields: {},
}

let server: Server
let url = ''
let status = 200
const received: Received[] = []

beforeEach(async () => {
  received.length = 0
  status = 200
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  url = `http://127.0.0.1:${address.port}/handoffs`
})
afterEach(() => new Promise((resolve) => void server.close(resolve)))

function deliver(
  env: Readonly<Record<string, string>>,
  secret: string | null,
  to: string = url,
): Promise<void> {
  return webhookDelivery({ env })(packet, {
    webhook: { url: to, secret, tries: 1 },
    missing: ['policy'],
    id: 'handoff_run_1_7',
    signal: new AbortController().signal,
  })
}

describe('a packet is posted', () => {
  test('as JSON with what it lacks, under a stable id', async () => {
    await deliver({}, null)
    const [first] = received
    expect(JSON.parse(first?.body ?? '')).toEqual({ ...packet, missing: ['policy'] })
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'handoff_run_1_7',
    })
    expect(first?.headers).not.toHaveProperty('webhook-signature')
  })

  const base64 = Buffer.from('a key of 24 bytes or more').toString('base64')
  test.each([
    ['words', 'words', 'words'],
    ['whsec_', `whsec_${base64}`, 'a key of 24 bytes or more'],
  ])('signed as Standard Webhooks says (%s)', async (_name, secret, key) => {
    await deliver({ HOOK: secret }, 'HOOK')
    const [{ headers, body } = { headers: {}, body: '' }] = received
    const content = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.')
    const expected = createHmac('sha256', key).update(content).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${expected}`)
    expect(headers['webhook-timestamp']).toMatch(/^\d{10}$/)
  })
})

describe('nobody took it', () => {
  test.each([500, 404, 302])('where the other side answers %i', async (code) => {
    status = code
    await expect(deliver({}, null)).rejects.toThrow(`answered ${code}`)
    expect(received).toHaveLength(1)
  })

  test('where nobody listens', async () => {
    await expect(deliver({}, null, 'http://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })

  test('where the secret is not set: nothing is sent unsigned, and trying again is no use', async () => {
    await expect(deliver({}, 'HOOK')).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      retryable: false,
      message: expect.stringContaining('HOOK, which is not set'),
    })
    expect(received).toEqual([])
  })
})
