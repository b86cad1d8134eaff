import { afterEach, describe, expect, test } from 'vitest'
import type { Event } from '../core/log/event.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { createRuntime } from '../drive/runtime.ts'
import type { Mind } from '../mind/mind.ts'
import { createKey, keyring } from '../server/guard/api-keys.ts'
import { memoryArtifacts } from '../store/artifact/memory-artifacts.ts'
import { memoryStore } from '../store/memory.ts'
import { givenMind, givenServer, type GivenServer } from './given-server.ts'

/*
 * The runs of the real server, through the client: each act once.
 */

let server: GivenServer | null = null

afterEach(async () => {
  await server?.close()
  server = null
})

const pay = {
  about: 'Pay',
  effect: 'write',
  risk: 'high',
  input: { type: 'object', properties: { amount: { type: 'number' } } },
  execute: ({ amount }: { amount: number }) => ({ paid: amount }),
} as const

const payouts: WorkflowSpec = {
  workflow: 'payouts',
  tools: { crm: { client: true, input: { type: 'object' } } },
  steps: [
    { name: 'look', prompt: 'Look: {{message}}', tools: ['crm'] },
    { name: 'pay', prompt: 'Pay', tools: ['pay'] },
  ],
}

const asked = { call: 'pay', args: { amount: 5 } }

/** The runs of a server that has one workflow and the tool `pay`. */
async function given(
  script: Mind | readonly unknown[],
  spec: WorkflowSpec = payouts,
  { risk = 'high' }: { readonly risk?: 'high' | 'low' } = {},
) {
  const tools = { pay: { ...pay, risk } }
  server = await givenServer(script, {
    store: memoryStore(),
    workflows: [await createRuntime({ tools }).load(spec)],
    runtime: { tools, artifacts: memoryArtifacts() },
  })
  return server.client().runs
}

const wait = { waitSeconds: 20 }

describe('a run, from its start to its end', () => {
  test('client results, an approval, and every event', async () => {
    const runs = await given([
      { call: 'crm', args: {} },
      { text: 'looked' },
      asked,
      { text: 'paid' },
    ])
    const started = await runs.start({ workflow: 'payouts', input: 'ana' }, wait)
    expect(started).toMatchObject({ status: 'waiting', reason: 'needs_client' })
    const [call] = started.pending ?? []
    const looked = await runs.results(
      started.id,
      [{ call: call?.call ?? '', output: { id: 1 } }],
      wait,
    )
    expect(looked).toMatchObject({ status: 'waiting', reason: 'needs_approval' })
    const [request] = await runs.approvals(started.id)
    expect(request).toMatchObject({ tool: 'pay', args: asked.args, status: 'open' })
    const paid = await runs.approve(started.id, { reason: 'fine' }, wait)
    expect(paid).toMatchObject({ status: 'ended', reason: 'completed' })
    const detail = await runs.get(started.id)
    expect(detail.steps.map(({ text }) => text)).toEqual(['looked', 'paid'])
    expect(await eventsOf(runs.events(started.id))).toEqual(
      Array.from({ length: detail.head }, (_, index) => index + 1),
    )
  })

  test('a denial, a further message, a cancellation', async () => {
    const runs = await given([{ text: 'looked' }, asked, { text: 'not paid' }, asked])
    const { id } = await runs.start({ workflow: 'payouts', input: { message: 'ana' } }, wait)
    expect(await runs.deny(id, {}, wait)).toMatchObject({ reason: 'completed' })
    expect(await runs.input(id, 'and now?', wait)).toMatchObject({ reason: 'needs_approval' })
    expect(await runs.cancel(id, wait)).toMatchObject({ reason: 'cancelled' })
  })

  test('checkpoints, going back, a fork', async () => {
    const runs = await given(Array.from({ length: 9 }, () => ({ text: 'fine' })))
    const { id, head } = await runs.start({ workflow: 'payouts', input: 'ana' }, wait)
    const named = await runs.checkpoint(id, 'here', wait)
    expect(named.head).toBeGreaterThan(head)
    const names = (await runs.checkpoints(id)).map(({ name }) => name)
    expect(names).toContain('here')
    const back = await runs.rewind(id, 'look', wait)
    expect(back).toMatchObject({ reason: 'completed' })
    const copy = await runs.fork(id, { at: 'start' })
    expect(copy.id).not.toBe(id)
    expect(await runs.resume(copy.id, {}, wait)).toMatchObject({ reason: 'completed' })
  })

  test('events are seen while they happen', async () => {
    const seen = Promise.withResolvers<void>()
    const mind = givenMind([{ text: 'one' }, { text: 'two' }])
    const runs = await given({
      async answer(request, context) {
        if (request.step === 'pay') await seen.promise
        return mind.answer(request, context)
      },
    })
    const { id } = await runs.start({ workflow: 'payouts', input: 'ana' })
    const types: string[] = []
    for await (const event of runs.events(id, { until: 'rest', text: true })) {
      types.push(event.type)
      seen.resolve()
    }
    expect(types).toContain('text.delta')
    expect(types.at(-1)).toBe('run.rested')
  })
})

async function eventsOf(events: AsyncIterable<Event>): Promise<number[]> {
  const seen: number[] = []
  for await (const { seq } of events) seen.push(seq)
  return seen
}

test('what it published is listed, and read by name and version', async () => {
  const runs = await given(
    [
      { call: 'store_artifact', args: { name: 'note', content: 'first' } },
      { call: 'store_artifact', args: { name: 'note', content: 'Grüße' } },
      { text: 'written' },
    ],
    {
      workflow: 'notes',
      artifacts: { note: { rules: { min_chars: 3 } } },
      steps: [{ prompt: 'Write', tools: ['store_artifact'] }],
    },
  )
  const { id } = await runs.start({ workflow: 'notes' }, wait)
  const found = await runs.artifacts(id)
  expect(found.map(({ artifact, version }) => [artifact, version])).toEqual([
    ['note', 1],
    ['note', 2],
  ])
  expect(await (await runs.artifact(id, 'note')).text()).toBe('Grüße')
  expect(await (await runs.artifact(id, 'note@1')).text()).toBe('first')
  await expect(runs.artifact(id, 'nota')).rejects.toMatchObject({ status: 404 })
})

test('a packet for a person, and what it lacks', async () => {
  const ticket = {
    type: 'object',
    required: ['ticket'],
    properties: { ticket: { type: 'string' } },
  }
  const runs = await given([asked], {
    workflow: 'desk',
    gates: { small: { on: 'pay', allow: "get('$.args.amount') <= 1", else: 'escalate' } },
    handoff: { schema: ticket },
    steps: [{ prompt: 'Pay', tools: ['pay'] }],
  })
  const { id } = await runs.start({ workflow: 'desk' }, wait)
  expect(await runs.handoff(id)).toMatchObject({ workflow: 'desk', missing: ['ticket'] })
  const filled = await runs.fillHandoff(id, { ticket: 'T-1' }, wait)
  expect(filled).toMatchObject({ reason: 'handed_off' })
})

test('the user’s yes to exactly one call, and what the user states', async () => {
  const runs = await given(
    [{ text: 'How old are you?' }, asked, { text: 'paid' }],
    {
      workflow: 'asks',
      gates: {
        yes: { on: 'pay', confirm: true },
        adult: { on: 'pay', allow: "get('$.user.age.latest.years') >= 18" },
      },
      steps: [{ prompt: 'Pay', tools: ['pay'] }],
    },
    { risk: 'low' },
  )
  const { id } = await runs.start({ workflow: 'asks' }, wait)
  await runs.state(id, { kind: 'age', facts: { years: 20 } }, wait)
  expect(await runs.input(id, '20', wait)).toMatchObject({ reason: 'needs_approval' })
  await runs.confirm(id, { tool: 'pay', args: asked.args }, wait)
  const { steps, reason } = await runs.get(id)
  expect([reason, steps.at(-1)?.tool_calls.at(-1)?.result]).toEqual(['completed', { paid: 5 }])
})

test('a list goes over its pages', async () => {
  const runs = await given([{ text: 'one' }, { text: 'two' }])
  const started = new Set<string>()
  for (let count = 0; count < 5; count += 1) {
    started.add((await runs.start({ workflow: 'payouts', input: 'ana' }, wait)).id)
  }
  const listed: string[] = []
  for await (const { id } of runs.list({ pageSize: 2 })) listed.push(id)
  expect(listed).toHaveLength(5)
  expect(new Set(listed)).toEqual(started)
})

test('the same key is the same run; a start that broke off is tried again', async () => {
  const runs = await given([{ text: 'one' }, { text: 'two' }])
  const request = { workflow: 'payouts', input: 'ana' }
  const first = await runs.start(request, { idempotencyKey: 'order-1', ...wait })
  const second = await runs.start(request, { idempotencyKey: 'order-1' })
  expect(second.id).toBe(first.id)
  await expect(
    runs.start({ ...request, input: 'eve' }, { idempotencyKey: 'order-1' }),
  ).rejects.toMatchObject({ code: 'idempotency_conflict', status: 409 })

  let tries = 0
  const flaky = server?.client({
    async fetch(url, init) {
      tries += 1
      const answer = await fetch(url, init)
      if (tries > 1) return answer
      throw new TypeError('the connection broke after the request was sent')
    },
  })
  const started = await flaky?.runs.start(request, wait)
  expect(tries).toBe(2)
  const all: string[] = []
  for await (const { id } of runs.list()) all.push(id)
  expect(new Set(all)).toEqual(new Set([first.id, started?.id]))
})

test('an act only on the run that was seen', async () => {
  const runs = await given([{ text: 'one' }, { text: 'two' }, { text: 'three' }, { text: 'four' }])
  const { id, head } = await runs.start({ workflow: 'payouts', input: 'ana' }, wait)
  await runs.input(id, 'more', { ...wait, expectedHead: head })
  await expect(runs.input(id, 'more', { expectedHead: head })).rejects.toMatchObject({
    code: 'head_moved',
    status: 412,
  })
})

test('what is not there is said with the server’s code', async () => {
  const runs = await given([])
  await expect(runs.get('local~run_none')).rejects.toMatchObject({ status: 404 })
  await expect(runs.start({ workflow: 'payout' })).rejects.toMatchObject({
    code: 'unknown_workflow',
    message: expect.stringContaining('payouts'),
  })
})

test('whose key it is decides what there is', async () => {
  const keyOf = (tenant: string) =>
    createKey({ tenant, scopes: ['run', 'read'], now: Date.parse('2026-01-01') })
  const [acme, other] = [keyOf('acme'), keyOf('other')]
  server = await givenServer([{ text: 'fine' }], {
    store: memoryStore(),
    keys: keyring([acme.record, other.record]),
    workflows: [await createRuntime().load({ workflow: 'w', steps: [{ prompt: 'Hello' }] })],
  })
  const { id } = await server.client({ apiKey: acme.secret }).runs.start({ workflow: 'w' }, wait)
  const theirs = server.client({ apiKey: other.secret }).runs
  await expect(theirs.get(id)).rejects.toMatchObject({ status: 404 })
  await expect(server.client().runs.get(id)).rejects.toMatchObject({
    status: 401,
    type: 'authentication_error',
  })
})
