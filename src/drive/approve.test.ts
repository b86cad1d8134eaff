import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { defineTool } from '../core/spec/define.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { systemClock, type Clock } from '../perform/clock.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { createRuntime, type Runtime } from './runtime.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-approve-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const workflow: WorkflowSpec = {
  workflow: 'desk',
  gates: { big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' } },
  steps: { act: { prompt: 'Act.', tools: ['pay'] } },
}

const asksTwice: WorkflowSpec = {
  ...workflow,
  gates: { sure: { on: 'pay', confirm: true } },
}

interface Desk {
  readonly runtime: Runtime
  readonly paid: number[]
}

function desk(
  store: Store,
  of: {
    readonly paid?: number[]
    readonly clock?: Clock
    readonly script?: readonly object[]
  } = {},
): Desk {
  const { paid = [], clock } = of
  const script = parseScript(of.script ?? [{ call: 'pay', args: { amount: 50 } }, { text: 'done' }])
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  const pay = defineTool({
    about: 'Pay',
    input: { type: 'object', properties: { amount: { type: 'number' } } },
    execute(args: { readonly amount: number }) {
      paid.push(args.amount)
      return { paid: args.amount }
    },
  })
  const runtime = createRuntime({
    store,
    mind: scriptedMind(script.script),
    tools: { pay },
    ...(clock === undefined ? {} : { clock }),
  })
  return { runtime, paid }
}

test('Law 8: a waiting run survives its process; of two clients at once, one lets the call run, once', async () => {
  const path = join(folder, 'two.db')
  const first = sqliteStore(path)
  const started = await desk(first).runtime.start(workflow, { by: 'eve' })
  expect((await started.done).reason).toBe('needs_approval')
  await first.close()

  const paid: number[] = []
  const stores = [sqliteStore(path), sqliteStore(path)]
  const runs = await Promise.all(
    stores.map((store) => desk(store, { paid }).runtime.open(started.id, { workflow })),
  )
  const records = await Promise.all(
    runs.map((run, index) => run.approve({ by: `person ${index}` })),
  )
  expect(records.map((record) => record.reason)).toEqual(['completed', 'completed'])
  expect(paid).toEqual([50])
  const [store] = stores
  const events = (await store?.read(started.id, 0)) ?? []
  const said = events.map((event) => event.type).filter((type) => type.startsWith('approval.'))
  expect(said).toEqual([
    'approval.requested',
    'approval.answered',
    'approval.granted',
    'approval.answered',
    'approval.refused',
  ])
  for (const each of stores) await each.close()
})

test('two answers through one handle both land', async () => {
  const { runtime, paid } = desk(memoryStore())
  const run = await runtime.start(workflow)
  await run.done
  const records = await Promise.all([run.approve({ by: 'ana' }), run.deny({ by: 'ben' })])
  expect(records.map(({ reason }) => reason)).toEqual(['completed', 'completed'])
  expect(paid).toEqual([50])
})

test('an answer names its request by its id or its call, or not at all where only one is open', async () => {
  for (const named of [{}, { call: 'call_1_0' }]) {
    const { runtime, paid } = desk(memoryStore())
    const run = await runtime.start(workflow)
    const { pending = [] } = await run.done
    expect(pending).toMatchObject([{ tool: 'pay', gate: 'big' }])
    const call = 'call' in named ? { call: pending[0]?.call ?? '' } : {}
    expect((await run.approve({ by: 'ana', ...call })).reason).toBe('completed')
    expect(paid).toEqual([50])
  }
})

test('an answer where nothing is asked is an error; one about a call that was never held is refused', async () => {
  const { runtime } = desk(memoryStore(), { script: [{ text: 'hello' }] })
  const run = await runtime.start(workflow)
  await run.done
  await expect(run.approve({ by: 'ana' })).rejects.toMatchObject({ code: 'not_waiting' })
  const record = await run.approve({ by: 'ana', call: 'call_9_9' })
  expect(record.reason).toBe('completed')
  expect(record.ledger.at(-1)).toMatchObject({ gate: 'approval', verdict: 'refuse' })
})

test('a confirmation answers what `confirm` asks; given before, nothing is asked', async () => {
  const asked = desk(memoryStore())
  const run = await asked.runtime.start(asksTwice)
  expect((await run.done).reason).toBe('needs_approval')
  await run.confirm({ tool: 'pay', args: { amount: 51 } })
  expect([run.record().reason, asked.paid]).toEqual(['needs_approval', []])
  expect((await run.confirm({ tool: 'pay', args: { amount: 50 } })).reason).toBe('completed')
  expect(asked.paid).toEqual([50])

  const script = [
    { text: 'hello' },
    { call: 'pay', args: { amount: 50 } },
    { call: 'pay', args: { amount: 50 } },
  ]
  const before = desk(memoryStore(), { script })
  const other = await before.runtime.start(asksTwice)
  await other.done
  expect((await other.confirm({ tool: 'pay', args: { amount: 50 } })).reason).toBe('completed')
  expect((await other.send('pay twice')).reason).toBe('needs_approval')
  expect(before.paid).toEqual([50])
})

test('what a user states is a fact that gates read, and its kind is a name', async () => {
  const { runtime, paid } = desk(memoryStore(), {
    script: [{ text: 'hello' }, { call: 'pay', args: { amount: 50 } }, { text: 'done' }],
  })
  const run = await runtime.start({
    ...workflow,
    gates: { sure: { on: 'pay', allow: "get('$.user.order.latest.ok') == true" } },
  })
  await run.done
  expect((await run.state('order', { ok: true })).reason).toBe('completed')
  expect((await run.send('pay')).reason).toBe('completed')
  expect(paid).toEqual([50])
  await expect(run.state('a b', {})).rejects.toMatchObject({ code: 'invalid_input' })
})

test('Law 8: an answer under an edited workflow is recorded and refused; nothing goes on', async () => {
  const store = memoryStore()
  const { runtime, paid } = desk(store)
  const { id, done } = await runtime.start(workflow)
  await done
  const edited = await runtime.open(id, { workflow: { ...workflow, instructions: 'Be brief.' } })
  const record = await edited.approve({ by: 'ana' })
  expect([record.reason, paid]).toEqual(['needs_approval', []])
  expect(record.ledger.at(-1)?.reason).toMatch(/the workflow was changed/)
  await expect(edited.resume()).rejects.toMatchObject({ code: 'definition_changed' })
  expect((await edited.cancel()).reason).toBe('cancelled')
})

test('what was asked too long ago is asked anew on a resumption', async () => {
  let now = 1_000
  const { runtime, paid } = desk(memoryStore(), { clock: { ...systemClock, now: () => now } })
  const run = await runtime.start({ ...workflow, approval: { expires: 60 } })
  const { pending } = await run.done
  await expect(run.resume()).rejects.toMatchObject({ code: 'not_waiting' })
  now += 60_000
  const again = await run.resume()
  expect(again.reason).toBe('needs_approval')
  expect(again.pending?.[0]?.request).not.toBe(pending?.[0]?.request)
  now += 60_000
  expect((await run.approve({ by: 'ana' })).reason).toBe('expired')
  expect((await run.resume()).reason).toBe('needs_approval')
  expect((await run.approve({ by: 'ana' })).reason).toBe('completed')
  expect(paid).toEqual([50])
})
