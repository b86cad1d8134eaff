import { expect, test } from 'vitest'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import type { ResumeOptions } from './runtime-options.ts'

const steps = {
  triage: { prompt: 'Triage.', next: 'work' },
  work: { prompt: 'Work.', tools: ['ask', 'pay'], next: 'close' },
  close: { prompt: 'Close.' },
} as const

const workflow: WorkflowSpec = {
  workflow: 'desk',
  tools: { ask: { client: true, effect: 'read', input: { type: 'object' } } },
  gates: { small: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' } },
  steps,
}

function desk() {
  const script = parseScript([
    { text: 'triaged' },
    { call: 'ask', args: {} },
    { text: 'worked' },
    { text: 'closed' },
  ])
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  const pay = { about: 'Pay', input: { type: 'object' }, execute: () => ({ paid: true }) } as const
  return createRuntime({
    store: memoryStore(),
    mind: scriptedMind(script.script),
    tools: { pay },
  })
}

/** A run that waits in `work`, opened under an edited workflow. */
async function opened(runtime: Runtime, edited: WorkflowSpec, options: ResumeOptions = {}) {
  const first = await runtime.start(workflow)
  const { pending = [] } = await first.done
  const run = await runtime.open(first.id, { ...options, workflow: edited })
  const answer = (): ReturnType<typeof run.answer> =>
    run.answer(pending.map(({ call }) => ({ call, output: 'yes' })))
  const adopted = async (): Promise<readonly (readonly string[])[]> => {
    const found = []
    for await (const event of run.events()) {
      if (event.type === 'definition.adopted') found.push(event.differing)
    }
    return found
  }
  return { run, answer, adopted }
}

test('Law 13: what a run can no longer reach may be edited; it goes on, and the log says so', async () => {
  const edited = { ...workflow, steps: { ...steps, triage: { ...steps.triage, prompt: 'Other.' } } }
  const { answer, adopted } = await opened(desk(), edited)
  expect((await answer()).reason).toBe('completed')
  expect(await adopted()).toEqual([[]])
})

test.each<readonly [string, Partial<WorkflowSpec>, string]>([
  ['a later step', { steps: { ...steps, close: { prompt: 'Bye.' } } }, 'close (prompt)'],
  ['a gate on a tool in scope', { gates: {} }, 'work (gate small)'],
  [
    'a tool in scope',
    { tools: { ask: { client: true, input: { type: 'object' } } } },
    'work (tool ask)',
  ],
  ['the budget', { budget: { calls: 3 } }, 'the whole workflow (budget)'],
])('Law 13: it does not go on by itself when %s differs', async (_, change, named) => {
  const runtime = desk()
  const { answer, adopted } = await opened(runtime, { ...workflow, ...change })
  await expect(answer()).rejects.toMatchObject({
    code: 'definition_changed',
    message: expect.stringContaining(named),
  })
  expect(await adopted()).toEqual([])
  const migrated = await opened(runtime, { ...workflow, ...change }, { migrate: true })
  expect((await migrated.answer()).reason).toBe('completed')
  expect(await migrated.adopted()).toEqual([[named]])
})

test('Law 13: it cannot go on where its step is gone, its input no longer fits, or it is another workflow', async () => {
  const { work: _, ...gone } = steps
  const cases: readonly (readonly [WorkflowSpec, string])[] = [
    [
      { ...workflow, steps: { ...gone, triage: { prompt: 'T', next: 'close' } } },
      'in step work, which is gone',
    ],
    [{ ...workflow, input: { type: 'object', required: ['x'] } }, 'input does not fit'],
    [{ ...workflow, workflow: 'other' }, 'a run of the workflow desk'],
  ]
  for (const [edited, why] of cases) {
    const { answer } = await opened(desk(), edited, { migrate: true })
    await expect(answer()).rejects.toMatchObject({ message: expect.stringContaining(why) })
  }
})

test('Law 8: a call that waits for an approval is asked about anew under the edited workflow', async () => {
  const script = parseScript([{ text: 'triaged' }, { call: 'pay', args: { amount: 50 } }])
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  const pay = { about: 'Pay', input: { type: 'object' }, execute: () => ({ paid: true }) } as const
  const runtime = createRuntime({
    store: memoryStore(),
    mind: scriptedMind(script.script),
    tools: { pay },
  })
  const first = await runtime.start(workflow)
  const [before] = (await first.done).pending ?? []
  const edited = {
    ...workflow,
    steps: { ...steps, triage: { prompt: 'T', next: 'work' } },
  } as const
  const run = await runtime.open(first.id, { workflow: edited })
  const [after] = (await run.resume()).pending ?? []
  expect(after?.request).toMatch(/^apr_/)
  expect(after?.request).not.toBe(before?.request)
})
