import { expect, it } from 'vitest'
import { ToolError } from '../core/spec/define.ts'
import type { Event, Failure } from '../core/log/event.ts'
import { createRuntime } from '../drive/runtime.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { parseScript } from '../mind/script.ts'

/** What the log keeps of what a tool threw. */
async function thrown(error: unknown): Promise<Failure | undefined> {
  const script = parseScript([{ call: 'look' }, { text: 'done' }])
  if (!script.ok) throw new Error('script')
  const execute = (): never => {
    throw error
  }
  const look = { about: 'look', input: {}, effect: 'read' as const, execute }
  const runtime = createRuntime({ mind: scriptedMind(script.script), tools: { look } })
  const run = await runtime.start({ workflow: 'w', steps: [{ prompt: 'Go.', tools: ['look'] }] })
  await run.done
  const events: Event[] = []
  for await (const event of run.events()) events.push(event)
  return events.find((event) => event.type === 'tool.failed')?.error
}

it('keeps the category that a tool gives its failure, in whatever spelling', async () => {
  const options = { code: 'FROZEN', category: 'business', retryable: false } as const
  expect(await thrown(new ToolError('frozen', options))).toEqual({
    code: 'FROZEN',
    message: 'frozen',
    category: 'business',
    retryable: false,
  })
  for (const key of ['errorCategory', 'error_category']) {
    const error = Object.assign(new Error('no'), { code: 'X', [key]: 'permission' })
    expect(await thrown(error)).toMatchObject({ category: 'permission' })
  }
  const flagged = Object.assign(new Error('no'), { code: 'X', isRetryable: true })
  expect(await thrown(flagged)).toMatchObject({ retryable: true })
})

it('reads it from a common code or status otherwise, and makes up none', async () => {
  const failing = (fields: object): Promise<Failure | undefined> =>
    thrown(Object.assign(new Error('no'), fields))
  expect(await failing({ code: 'RATE_LIMITED' })).toMatchObject({ category: 'transient' })
  expect(await failing({ code: 403 })).toMatchObject({ code: '403', category: 'permission' })
  expect(await failing({ status: 404 })).toMatchObject({ category: 'validation' })
  expect(await failing({ code: 'X', category: 'odd' })).not.toHaveProperty('category')
  expect(await failing({})).toEqual({ code: 'TOOL_ERROR', message: 'no' })
})
