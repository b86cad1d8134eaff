import { InMemorySpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { memoryStore } from '../store/memory.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Telemetry } from '../drive/telemetry.ts'
import { CANARY, shop, SHOP } from './given-traces.ts'
import { sinkOf } from './open-otlp.ts'
import { otlpTelemetry } from './otlp-telemetry.ts'
import { spanTelemetry } from './span-telemetry.ts'
import { traceIdOf } from './trace-context.ts'

const SCRIPT = [
  { call: 'find_order', args: { id: 'o-1', note: CANARY } },
  { call: 'refund', args: { amount: 50 } },
  { text: 'found' },
  { text: 'done' },
]
const input = { order: 'o-1' }

const span = z.object({
  name: z.string(),
  traceId: z.string(),
  parentSpanId: z.string().optional(),
})
const OTLP = z.object({
  resourceSpans: z.tuple([
    z.object({
      resource: z.unknown(),
      scopeSpans: z.tuple([z.object({ spans: z.array(span) })]),
    }),
  ]),
})

/** A collector as far as an exporter sees of it. */
async function collector(status = 200) {
  const bodies: string[] = []
  const headers: (string | undefined)[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      if (request.url === '/v1/traces') bodies.push(body)
      headers.push(request.headers['x-key']?.toString())
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}/v1/traces`, bodies, headers }
}

/** Traces into an exporter that keeps what it is given until the test has looked. */
function kept(exporter: SpanExporter): Telemetry {
  const limits = { intervalMs: 10_000, timeoutMs: 1_000, queue: 100 }
  const open = () => Promise.resolve(sinkOf(exporter, limits))
  return spanTelemetry({ ...limits, content: false, open })
}

/** Lets go of nothing on shutdown. */
class Kept extends InMemorySpanExporter {
  override shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

test('a run’s spans arrive at a collector over OTLP/HTTP, and nothing that it was told in words', async () => {
  const { url, bodies, headers } = await collector()
  const telemetry = otlpTelemetry({ url, headers: { 'x-key': 'k' }, serviceName: 'refunds' })
  const { runtime } = shop(SCRIPT, { telemetry })
  const run = await runtime.start(SHOP, { input, id: 'run-otlp' })
  await run.done
  await telemetry.close()
  expect(bodies).toHaveLength(1)
  expect(headers).toEqual(['k'])
  const [body = ''] = bodies
  expect(body).not.toContain(CANARY)
  const [{ resource, scopeSpans }] = OTLP.parse(JSON.parse(body)).resourceSpans
  expect(JSON.stringify(resource)).toContain('refunds')
  const [{ spans }] = scopeSpans
  expect(spans.map(({ name }) => name)).toEqual([
    'chat gpt-5-mini',
    'execute_tool find_order',
    'chat gpt-5-mini',
    'execute_tool refund',
    'chat gpt-5-mini',
    'step look',
    'chat gpt-5-mini',
    'step act',
    'invoke_workflow shop',
  ])
  expect(spans.every(({ traceId }) => traceId === traceIdOf('run-otlp'))).toBe(true)
  expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1)
})

test.each([
  ['refuses', async () => (await collector(503)).url],
  ['is not there', () => Promise.resolve('http://127.0.0.1:9/v1/traces')],
])('a collector that %s is no business of the run', async (_, place) => {
  const telemetry = otlpTelemetry({ url: await place(), timeoutMs: 200 })
  const { runtime, done } = shop(SCRIPT, { telemetry })
  const run = await runtime.start(SHOP, { input })
  expect((await run.done).reason).toBe('completed')
  expect(done).toEqual(['find_order', 'refund'])
  await expect(telemetry.close()).resolves.toBeUndefined()
})

test('an exporter that cannot be loaded is no business of the run either', async () => {
  const open = () => Promise.reject(new Error('no such package'))
  const telemetry = spanTelemetry({ content: false, timeoutMs: 100, queue: 10, open })
  const { runtime } = shop(SCRIPT, { telemetry })
  const run = await runtime.start(SHOP, { input })
  expect((await run.done).reason).toBe('completed')
  await expect(telemetry.close()).resolves.toBeUndefined()
})

test('spans in the SDK’s shape: parents, times of the log, errors, and events', async () => {
  const exporter = new Kept()
  const telemetry = kept(exporter)
  const store = memoryStore()
  const { runtime } = shop(
    [{ call: 'refund', args: { amount: 1 } }, { text: 'a' }, { text: 'b' }],
    { telemetry, store },
  )
  const run = await runtime.start(SHOP, { input, id: 'run-kept' })
  await run.done
  await telemetry.close()
  const spans = exporter.getFinishedSpans()
  const root = spans.find(({ name }) => name === 'invoke_workflow shop')
  const gate = spans.find(({ name }) => name === 'gate refund')
  const step = spans.find(({ name }) => name === 'step look')
  expect(root?.parentSpanContext).toBeUndefined()
  expect(step?.parentSpanContext?.spanId).toBe(root?.spanContext().spanId)
  expect(gate?.parentSpanContext?.spanId).toBe(step?.spanContext().spanId)
  expect(gate?.events.map(({ name }) => name)).toContain('lockstep.gate.verdict')
  const log = await store.read('run-kept', 0)
  const [seconds = 0, nanos = 0] = root?.startTime ?? []
  expect(seconds * 1000 + nanos / 1e6).toBe(log[1]?.at)
  const [endSeconds = 0, endNanos = 0] = root?.endTime ?? []
  expect(endSeconds * 1000 + endNanos / 1e6).toBe(log.at(-1)?.at)
})

test('a run that another process takes up goes on with its trace, and nothing is told twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-traces-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'runs.db')
  const first = new Kept()
  const before = kept(first)
  const one = sqliteStore(file)
  const parking = new AbortController()
  const { runtime } = shop(SCRIPT, { telemetry: before, store: one })
  const run = await runtime.start(SHOP, {
    input,
    id: 'run-both',
    signal: parking.signal,
    onEvents: (events) => {
      if (events.some(({ type }) => type === 'tool.returned')) parking.abort()
    },
  })
  expect((await run.done).reason).toBe(null)
  await before.close()
  await one.close()

  const second = new Kept()
  const after = kept(second)
  const two = sqliteStore(file)
  const other = shop(SCRIPT.slice(1), { telemetry: after, store: two })
  const taken = await other.runtime.open('run-both')
  expect((await taken.resume()).reason).toBe('completed')
  await after.close()
  await two.close()

  const told = [...first.getFinishedSpans(), ...second.getFinishedSpans()]
  const ids = told.map((span) => span.spanContext().spanId)
  expect(first.getFinishedSpans().length).toBeGreaterThan(0)
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(told.map((span) => span.spanContext().traceId))).toEqual(
    new Set([traceIdOf('run-both')]),
  )
  // Every parent is there, whichever process told of it; the root alone has none.
  const orphans = told.filter(
    ({ parentSpanContext: parent }) => !ids.includes(parent?.spanId ?? ''),
  )
  expect(orphans.map(({ name }) => name)).toEqual(['invoke_workflow shop'])
  expect(told.filter(({ name }) => name === 'step look')).toHaveLength(1)
})
