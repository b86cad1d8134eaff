import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRuntime, defineWorkflow, type Runtime, type WorkflowSpec } from '../src/index.ts'
import { sqliteStore } from '../src/sqlite.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'

/*
 * A handoff on its way out: the kernel, the store and the webhook together, against a real server.
 */

const received: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = []
let statuses: number[] = []
let server: Server
let folder = ''
let workflow: WorkflowSpec

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-handoff-'))
  received.length = 0
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(statuses.shift() ?? 500).end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  workflow = defineWorkflow({
    workflow: 'desk',
    handoff: {
      webhook: { url: `http://127.0.0.1:${address.port}/`, secret: 'HOOK_SECRET', tries: 3 },
    },
    steps: [{ name: 'serve', prompt: 'Serve: {{message}}', tools: ['escalate_to_human'] }],
  })
})
afterEach(async () => {
  await new Promise((resolve) => void server.close(resolve))
  rmSync(folder, { recursive: true })
})

const script = parseScript([
  { call: 'escalate_to_human', args: { reason: 'They ask for a person.' } },
])

function runtime(): Runtime {
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  return createRuntime({
    store: sqliteStore(join(folder, 'runs.db')),
    mind: scriptedMind(script.script),
    env: { HOOK_SECRET: 'secret' },
    // Waits end at once: nothing here asserts a time.
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
  })
}

async function handOff(given: readonly number[]): Promise<string> {
  statuses = [...given]
  const first = runtime()
  const run = await first.start(workflow, { input: { message: 'A person, please' } })
  await run.done
  await first.close()
  return run.id
}

test('a packet that is taken at once is posted once, signed', async () => {
  const id = await handOff([204])
  expect(received).toHaveLength(1)
  const [{ headers, body } = { headers: {}, body: '' }] = received
  const content = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.')
  const signature = createHmac('sha256', 'secret').update(content).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${signature}`)
  const again = runtime()
  const record = (await again.open(id)).record()
  await again.close()
  expect(record).toMatchObject({
    reason: 'handed_off',
    handoff: { delivery: { delivered: true, attempts: 1 } },
  })
  expect(JSON.parse(body)).toMatchObject({ run: id, subject: 'A person, please', missing: [] })
})

test('a packet that fails twice is posted a third time, under the same id and with the same body', async () => {
  const id = await handOff([500, 503, 200])
  const bodies = new Set(received.map(({ body }) => body))
  const ids = new Set(received.map(({ headers }) => headers['webhook-id']))
  expect([received.length, ids.size, bodies.size]).toEqual([3, 1, 1])
  const again = runtime()
  expect((await again.open(id)).record().handoff?.delivery).toEqual({
    delivered: true,
    attempts: 3,
  })
  await again.close()
})

test('a packet that nobody takes is not lost: the run is handed off, says so, and a resumption delivers it', async () => {
  const id = await handOff([500, 500, 500])
  const again = runtime()
  const run = await again.open(id)
  expect(run.record()).toMatchObject({
    reason: 'handed_off',
    message: expect.stringContaining('not delivered after 3 attempts'),
    handoff: { subject: 'A person, please', delivery: { delivered: false, attempts: 3 } },
  })
  statuses = [200]
  const record = await run.resume()
  await again.close()
  expect(record).toMatchObject({
    reason: 'handed_off',
    handoff: { delivery: { delivered: true, attempts: 4 } },
  })
  expect(record.message).not.toContain('not delivered')
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
})

test('a delivered run is not delivered again', async () => {
  const id = await handOff([200])
  const again = runtime()
  await expect((await again.open(id)).resume()).rejects.toMatchObject({ code: 'not_waiting' })
  await again.close()
  expect(received).toHaveLength(1)
})
