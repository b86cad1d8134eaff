import { expect, test } from 'vitest'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import { createRuntime, type Runtime } from './runtime.ts'

const talk: WorkflowSpec = { workflow: 'talk', steps: [{ name: 'say', prompt: 'Say it.' }] }

function talking(): Runtime {
  const parsed = parseScript([{ text: 'one' }, { text: 'two' }])
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return createRuntime({ store: memoryStore(), mind: scriptedMind(parsed.script) })
}

test('who goes on from what they saw goes on from nothing else', async () => {
  const runtime = talking()
  const { id, done } = await runtime.start(talk, { request: 'r-1' })
  const { events } = await done
  const [first, second] = await Promise.all(
    [1, 2].map(() => runtime.open(id, { expected: events })),
  )
  expect(await first?.send('more')).toMatchObject({ reason: 'completed' })
  await expect(second?.send('more')).rejects.toMatchObject({ code: 'head_moved' })
  const { events: after } = (await runtime.open(id)).record()
  expect(after).toBeGreaterThan(events)
  await expect(runtime.fork(id, { expected: events })).rejects.toMatchObject({ code: 'head_moved' })
  await expect((await runtime.open(id, { expected: after })).cancel()).rejects.toMatchObject({
    code: 'not_waiting',
  })
})

test('what stands for the request that began a run is in its log', async () => {
  const run = await talking().start(talk, { request: 'r-1' })
  await run.done
  for await (const event of run.events()) {
    expect(event).toMatchObject({ type: 'run.started', request: 'r-1' })
    break
  }
})
