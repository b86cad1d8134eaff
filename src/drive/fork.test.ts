import { expect, test } from 'vitest'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { createRuntime, type Runtime } from './runtime.ts'

const ORDER = { order: 'o-1' }

const workflow: WorkflowSpec = {
  workflow: 'shop',
  steps: [
    { name: 'look', prompt: 'Look.', checkpoint: 'known' },
    { name: 'act', prompt: 'Act.', tools: ['refund'] },
  ],
  tools: { refund: { undo: 'charge' } },
  gates: { once: { on: 'refund', limit: { calls: 1, per: '$.args.order' } } },
}

const SCRIPT = [{ text: 'known' }, { call: 'refund', args: ORDER }, { text: 'done' }]

function shop(store: Store, script: readonly object[] = SCRIPT) {
  const done: string[] = []
  const input = {
    type: 'object',
    properties: { order: { type: 'string' } },
    required: ['order'],
  } as const
  const tool = (name: string) => ({
    about: name,
    input,
    execute: (_: unknown, context: { readonly idempotencyKey: string }) => {
      done.push(`${name} ${context.idempotencyKey}`)
      return { done: name }
    },
  })
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const runtime = createRuntime({
    store,
    mind: scriptedMind(parsed.script),
    tools: { refund: tool('refund'), charge: tool('charge') },
  })
  return { runtime, done }
}

async function ran(runtime: Runtime, by?: string) {
  const run = await runtime.start(workflow, by === undefined ? {} : { by })
  await run.done
  return run
}

test('a fork from before the refund cannot refund again when the first run has', async () => {
  const store = memoryStore()
  const { runtime, done } = shop(store)
  const first = await ran(runtime)
  const fork = await runtime.fork(first.id, { at: 'known' })
  const record = await fork.resume()
  expect(record.run).toBe(fork.id)
  expect(record.reason).toBe('completed')
  expect(done).toHaveLength(1)
  const refused = record.ledger.filter(({ verdict }) => verdict === 'refuse')
  expect(refused.at(-1)).toMatchObject({ gate: 'once', reason: expect.stringContaining('fork') })
})

test('and the first run cannot when the fork has', async () => {
  const { runtime, done } = shop(memoryStore(), [
    { text: 'known' },
    { text: 'nothing yet' },
    { call: 'refund', args: ORDER },
    { text: 'done' },
  ])
  const first = await ran(runtime)
  const fork = await runtime.fork(first.id, { at: 'known' })
  await fork.resume()
  await fork.send('now')
  expect(done).toHaveLength(1)
  const again = await runtime.open(first.id)
  await again.send('refund it')
  expect(done).toHaveLength(1)
})

test('what the first run takes back, its fork may do', async () => {
  const { runtime, done } = shop(memoryStore(), [
    { text: 'known' },
    { call: 'refund', args: ORDER },
    { text: 'done' },
    { text: 'left as it is' },
  ])
  const first = await ran(runtime)
  const fork = await runtime.fork(first.id, { at: 'known', id: 'copy' })
  const back = await runtime.open(first.id)
  expect((await back.rewind({ to: 'known' })).reason).toBe('completed')
  expect(done.map((each) => each.split(' ')[0])).toEqual(['refund', 'charge'])
  await fork.resume()
  expect(done.map((each) => each.split(' ')[0])).toEqual(['refund', 'charge', 'refund'])
})

test('a fork does not take back what the first run did: it is named, and a person is asked', async () => {
  const { runtime, done } = shop(memoryStore())
  const first = await ran(runtime)
  const fork = await runtime.fork(first.id)
  const record = await fork.rewind({ to: 'known' })
  expect(record.reason).toBe('needs_approval')
  expect(record.message).toContain(`run ${first.id} did it before this copy`)
  expect(done).toHaveLength(1)
})

test('a fork is at a checkpoint or a rest, under an id of its own; nothing is written otherwise', async () => {
  const store = memoryStore()
  const { runtime } = shop(store)
  const first = await ran(runtime)
  const head = (await store.find(first.id))?.head
  await expect(runtime.fork(first.id, { at: 'nowhere' })).rejects.toMatchObject({
    code: 'not_forkable',
    message: expect.stringContaining('known'),
  })
  for (const at of [4, 0, -1, 1.5, Number.NaN, (head ?? 0) + 1]) {
    await expect(runtime.fork(first.id, { at })).rejects.toMatchObject({ code: 'not_forkable' })
  }
  await expect(runtime.fork(first.id, { id: first.id })).rejects.toMatchObject({
    code: 'run_exists',
  })
  await expect(runtime.fork('none')).rejects.toMatchObject({ code: 'unknown_run' })
  expect((await store.find(first.id))?.head).toBe(head)
  expect(await runtime.list()).toHaveLength(1)
})

test('whoever started the first run started the copy as well, unless somebody says that they did', async () => {
  const { runtime } = shop(memoryStore())
  const first = await ran(runtime, 'zoe')
  const fork = await runtime.fork(first.id, { at: 'start', id: 'copy', by: 'max' })
  expect(fork.checkpoints().map(({ name }) => name)).toEqual(['start'])
  const events = []
  for await (const event of fork.events()) events.push(event)
  expect(events.at(-1)).toMatchObject({ type: 'run.forked', from: first.id, by: 'max' })
  const record = await fork.resume()
  expect(record).toMatchObject({ run: 'copy', reason: 'completed' })
})
