import { expect, it } from 'vitest'
import { scriptedMind } from '../mind/scripted.ts'
import { parseScript } from '../mind/script.ts'
import { createRuntime } from './runtime.ts'

const spec = { workflow: 'slow', steps: [{ prompt: 'Think.' }] }

it('ends a run that has only just been started', async () => {
  const parsed = parseScript([{ text: 'thought', delay_ms: 3_600_000 }])
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const run = await createRuntime({ mind: scriptedMind(parsed.script) }).start(spec)
  expect((await run.cancel()).reason).toBe('cancelled')
  expect((await run.done).reason).toBe('cancelled')
})
