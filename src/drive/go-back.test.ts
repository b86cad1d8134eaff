import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { sqliteStore } from '../store/sqlite.ts'
import { createRuntime } from './runtime.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-back-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const workflow: WorkflowSpec = {
  workflow: 'desk',
  steps: [
    { name: 'look', prompt: 'Look.' },
    { name: 'act', prompt: 'Act.', tools: ['book'] },
  ],
  tools: { book: { undo: 'unbook' } },
}

function desk(file: string) {
  const did: string[] = []
  const script = parseScript([
    { text: 'looked' },
    { call: 'book', args: { seat: 4 } },
    { text: 'booked' },
    { text: 'not this time' },
  ])
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  const input = { type: 'object', properties: { seat: {} } } as const
  const tool = (about: string) => ({
    about,
    input,
    execute(args: unknown) {
      did.push(`${about} ${JSON.stringify(args)}`)
      return { ok: true }
    },
  })
  const store = sqliteStore(join(folder, file))
  const runtime = createRuntime({
    store,
    mind: scriptedMind(script.script),
    tools: { book: tool('book'), unbook: tool('unbook') },
  })
  return { runtime, did }
}

test('S1.13: a later process goes back to a checkpoint, takes the write back, and goes on', async () => {
  const first = desk('back.db')
  const { id, done } = await first.runtime.start(workflow)
  expect((await done).reason).toBe('completed')
  await first.runtime.close()

  const { runtime, did } = desk('back.db')
  const run = await runtime.open(id)
  expect(run.checkpoints().map(({ name, step }) => [name, step])).toEqual([
    ['start', null],
    ['look#1', 'look'],
    ['act#1', 'act'],
  ])
  const record = await run.rewind({ to: 'look', by: 'ana' })
  expect(record).toMatchObject({ reason: 'completed', output: { text: 'not this time' } })
  expect(did).toEqual(['unbook {"seat":4}'])
  await runtime.close()
})

test('S1.12: a place at rest gets a name, and is refused where the run is in the middle of something', async () => {
  const { runtime } = desk('name.db')
  const run = await runtime.start(workflow)
  await run.done
  expect((await run.checkpoint('sold')).reason).toBe('completed')
  expect(run.checkpoints().at(-1)).toMatchObject({ name: 'sold', step: 'act' })
  await expect(run.checkpoint(' ')).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(run.rewind({ to: 'look', branch: 'x' })).rejects.toMatchObject({
    code: 'not_waiting',
  })
  const record = await run.rewind({ to: 'nowhere' })
  expect(record.reason).toBe('completed')
  expect(record.ledger.at(-1)).toMatchObject({
    gate: 'rewind',
    verdict: 'refuse',
    reason: expect.stringContaining('sold'),
  })
  await runtime.close()
})
