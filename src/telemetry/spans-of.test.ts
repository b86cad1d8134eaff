import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Event, EventBody } from '../core/log/event.ts'
import { logOf, planOf } from '../core/given.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { LockstepError } from '../drive/lockstep-error.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { CANARY, outline, shop, SHOP } from './given-traces.ts'
import { spansOf } from './spans-of.ts'
import { traceIdOf } from './trace-context.ts'

const BUY = [
  { call: 'find_order', args: { id: 'o-1', note: CANARY } },
  { call: 'refund', args: { amount: 50, note: CANARY } },
  { text: 'found' },
  { text: 'done' },
]
const input = { order: 'o-1' }
const plan = planOf(SHOP, { find_order: { effect: 'read' }, refund: { effect: 'write' } })

async function logFrom(store: Store, run: string): Promise<readonly Event[]> {
  return store.read(run, 0)
}

async function ran(script: readonly object[], start: object = {}) {
  const store = memoryStore()
  const { runtime } = shop(script, { store })
  const run = await runtime.start(SHOP, { input, id: 'run-1', ...start })
  await run.done
  return { store, runtime, run, log: await logFrom(store, run.id) }
}

test('a run is a tree: the workflow, its steps, and what was asked and executed in each', async () => {
  const { log } = await ran(BUY)
  const spans = spansOf(log, { plan })
  expect(outline(spans)).toEqual([
    '    chat gpt-5-mini',
    '    execute_tool find_order',
    '    chat gpt-5-mini',
    '    execute_tool refund',
    '    chat gpt-5-mini',
    '  step look',
    '    chat gpt-5-mini',
    '  step act',
    'invoke_workflow shop',
  ])
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf('run-1')]))
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
})

test('a model call has the attributes of the conventions, and its confidence (S4.18)', async () => {
  const { log } = await ran(BUY)
  const chat = spansOf(log, { plan }).find(({ name }) => name.startsWith('chat'))
  expect(chat?.kind).toBe('client')
  expect(chat?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.conversation.id': 'run-1',
    'gen_ai.response.finish_reasons': ['tool_calls'],
    'gen_ai.usage.cache_read.input_tokens': 0,
    'lockstep.role': 'planner',
    'lockstep.decision.confidence': 0.5,
    'lockstep.decision.next_action': 'call_tool',
    'lockstep.decision.risk': 'low',
    'lockstep.decision.source': 'inferred',
  })
  expect(chat?.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0)
})

test('every gate that had its say is an event of the span of its call', async () => {
  const { log } = await ran([
    { call: 'refund', args: { amount: 50 } },
    { text: 'a' },
    { text: 'b' },
  ])
  const spans = spansOf(log, { plan })
  const refused = spans.find(({ name }) => name === 'gate refund')
  expect(refused?.attributes).toMatchObject({
    'gen_ai.tool.name': 'refund',
    'lockstep.verdict': 'refuse',
    'lockstep.step.name': 'look',
  })
  expect(refused?.notes.map(({ attributes }) => attributes)).toContainEqual({
    'lockstep.gate.name': 'known',
    'lockstep.gate.verdict': 'refuse',
    'lockstep.gate.reason': 'needs a successful find_order first',
  })
  expect(spans.some(({ name }) => name === 'execute_tool refund')).toBe(false)
})

test('no argument, result, prompt or answer is in a trace unless content is asked for', async () => {
  const { log } = await ran([
    ...BUY.slice(0, 1),
    { call: 'nothing_like_it', args: { id: CANARY } },
    { call: 'refund', args: CANARY },
    { text: CANARY },
    { text: CANARY },
  ])
  expect(JSON.stringify(log)).toContain(CANARY)
  expect(JSON.stringify(spansOf(log, { plan }))).not.toContain(CANARY)
  const shown = spansOf(log, { plan, content: true })
  const tool = shown.find(({ name }) => name === 'execute_tool find_order')
  expect(tool?.attributes['gen_ai.tool.call.arguments']).toContain(CANARY)
  expect(tool?.attributes['gen_ai.tool.call.result']).toContain(CANARY)
})

test('a rest cuts every span, and what a person says later is on the next one', async () => {
  const { runtime, store, run } = await ran([
    BUY[0] ?? {},
    { call: 'refund', args: { amount: 500 } },
    { text: 'found' },
    { text: 'done' },
  ])
  expect(run.record().reason).toBe('needs_approval')
  const before = spansOf(await logFrom(store, run.id), { plan })
  expect(before.at(-1)?.attributes['lockstep.rest.reason']).toBe('needs_approval')
  await run.approve({ by: 'ada', reason: 'fine' })
  const after = spansOf(await logFrom(store, run.id), { plan }).slice(before.length)
  expect(outline(after)).toEqual([
    '    execute_tool refund',
    '    chat gpt-5-mini',
    '  step look',
    '    chat gpt-5-mini',
    '  step act',
    'invoke_workflow shop',
  ])
  const leg = after.at(-1)
  expect(leg?.parent?.spanId).toBe(before.at(-1)?.spanId)
  expect(leg?.traceId).toBe(before.at(-1)?.traceId)
  const names = after.flatMap(({ notes }) => notes.map(({ name }) => name))
  expect(names).toContain('lockstep.approval.answered')
  expect(names).toContain('lockstep.approval.granted')
  expect(JSON.stringify(after)).not.toContain('ada')
  await runtime.close()
})

test('somebody else’s trace goes on in the run; what is no traceparent begins its own', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const { log } = await ran(BUY, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` })
  const leg = spansOf(log, { plan }).at(-1)
  expect(leg?.traceId).toBe(traceId)
  expect(leg?.parent).toEqual({ traceId, spanId: '00f067aa0ba902b7' })
  const other = await ran(BUY, { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` })
  expect(spansOf(other.log, { plan }).at(-1)?.traceId).toBe(traceIdOf('run-1'))
})

test('a fork has a trace of its own, linked to the run that it was made of', async () => {
  const { runtime, store, run, log } = await ran(BUY)
  const fork = await runtime.fork(run.id, { id: 'run-2' })
  await fork.send({ order: 'o-2' }).catch((error: unknown) => {
    if (!(error instanceof LockstepError)) throw error
  })
  const first = spansOf(log, { plan }).at(-1)
  const legs = spansOf(await logFrom(store, 'run-2'), { plan }).filter(
    ({ traceId, name }) => traceId === traceIdOf('run-2') && name.startsWith('invoke_workflow'),
  )
  expect(legs[0]?.parent).toBe(null)
  expect(legs[0]?.links).toEqual([{ traceId: first?.traceId, spanId: first?.spanId }])
})

test('what was under way when a process ended is told as interrupted, under the same step', () => {
  const bodies: readonly EventBody[] = [
    {
      type: 'run.started',
      run: 'r',
      workflow: 'shop',
      digest: 'd',
      input,
      instructions: null,
      session: {},
    },
    { type: 'turn.started', turn: 1, input: {} },
    { type: 'step.entered', step: 'look', visit: 1, message: null, prompt: null },
    { type: 'model.called', call: 1, attempt: 1, step: 'look', closing: false },
    { type: 'run.resumed' },
    { type: 'model.called', call: 1, attempt: 2, step: 'look', closing: false },
    { type: 'run.rested', reason: 'model_failed', message: 'no' },
  ]
  const spans = spansOf(logOf(bodies), { plan })
  expect(outline(spans)).toEqual([
    '    chat gpt-5-mini !interrupted',
    '    chat gpt-5-mini !interrupted',
    '  step look',
    'invoke_workflow shop !model_failed',
  ])
  expect(spans.at(-1)?.notes.map(({ name }) => name)).toEqual([])
  expect(spans.at(-2)?.notes.map(({ name }) => name)).toEqual(['lockstep.run.resumed'])
  expect(spans.at(-1)).toMatchObject({ startedAt: 2, endedAt: 7 })
})

test('a sub-run that waited for a person goes on under the call that it executes', async () => {
  const { tools, gates } = SHOP
  const refunds: WorkflowSpec = {
    workflow: 'refunds',
    tools: { refund: tools?.['refund'] ?? {} },
    gates: { small: gates?.['small'] ?? { on: 'refund' } },
    steps: [{ name: 'inner', prompt: 'Refund.', tools: ['refund'] }],
  }
  const desk: WorkflowSpec = {
    workflow: 'desk',
    tools: { expert: { workflow: refunds } },
    steps: [{ name: 'outer', prompt: 'Ask the expert.', tools: ['expert'] }],
  }
  const store = memoryStore()
  const { runtime } = shop(
    [
      { call: 'expert', args: {} },
      { call: 'refund', args: { amount: 500 } },
      { text: 'refunded' },
      { text: 'done' },
    ],
    { store },
  )
  const run = await runtime.start(desk, { id: 'run-1' })
  await run.done
  await run.approve({ by: 'ada', reason: 'fine' })
  const spans = spansOf(await logFrom(store, 'run-1'), { plan: run.workflow.plan })
  const nameOf = (id: string | undefined) => spans.find(({ spanId }) => spanId === id)?.name
  const above = spans
    .filter(({ name }) => name.startsWith('invoke') || name.startsWith('execute'))
    .map(({ name, parent }) => `${nameOf(parent?.spanId) ?? 'nothing'} > ${name}`)
  expect(above).toEqual([
    'execute_tool expert > invoke_workflow refunds',
    'nothing > invoke_workflow desk',
    'step inner > execute_tool refund',
    'execute_tool expert > invoke_workflow refunds',
    'step outer > execute_tool expert',
    'invoke_workflow desk > invoke_workflow desk',
  ])
})

test('a log with holes is read as far as it goes: no span twice, none that ends before it begins', async () => {
  const { log } = await ran(BUY)
  const holed = fc.subarray([...log])
  fc.assert(
    fc.property(holed, (events) => {
      const spans = spansOf(events, { plan, content: true })
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
      expect(spans.every(({ startedAt, endedAt }) => startedAt <= endedAt)).toBe(true)
    }),
  )
})
