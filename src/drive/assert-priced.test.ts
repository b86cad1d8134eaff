import { describe, expect, it } from 'vitest'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import type { Mind } from '../mind/mind.ts'
import { createRuntime } from './runtime.ts'

const usage = { input: 1_000, output: 500, cached: 200 }

function mindOf(...entries: readonly object[]): Mind {
  const parsed = parseScript(entries)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return scriptedMind(parsed.script)
}

const spec = (more: Partial<WorkflowSpec> = {}): WorkflowSpec => ({
  workflow: 'w',
  prices: { 'acme/x': { input: 10, output: 20, cached: 1 } },
  steps: [{ prompt: 'Go.' }],
  ...more,
})

describe('money', () => {
  it('is counted in a scripted run, at the price of the model that it stands for', async () => {
    const runtime = createRuntime({ mind: mindOf({ text: 'done', usage }) })
    const run = await runtime.start(spec({ model: 'acme/x' }))
    const { reason, cost_usd } = await run.done
    // 800 tokens at 10, 200 at 1, 500 at 20 USD per million.
    expect({ reason, cost_usd }).toEqual({ reason: 'completed', cost_usd: 0.0182 })
  })
  it('is not in the record where no price is known', async () => {
    const runtime = createRuntime({ mind: mindOf({ text: 'done', usage }) })
    const record = await (await runtime.start(spec())).done
    expect(record).not.toHaveProperty('cost_usd')
  })
  it('stops a run before the call that would go over its budget', async () => {
    const mind = mindOf(
      { call: 'finish', args: { oops: 1 }, usage },
      { call: 'finish', args: { oops: 1 }, usage },
      { text: 'never asked' },
    )
    const steps = [
      { prompt: 'Go.', tools: ['finish'], settings: { max_output_tokens: 500 } },
    ] as const
    const budgeted = spec({ model: 'acme/x', budget: { usd: 0.05 }, steps })
    const record = await (await createRuntime({ mind }).start(budgeted)).done
    expect(record.reason).toBe('budget_exceeded')
    expect(record.message).toMatch(/0\.05 USD in this run does not pay for another model call/)
    expect(record.cost_usd).toBe(0.0364)
  })
})

describe('a budget in USD with a model of unknown price', () => {
  const budget = { usd: 1 }
  it('is refused at the start, before anything is written', async () => {
    const runtime = createRuntime({ mind: mindOf({ text: 'done' }) })
    const start = runtime.start(spec({ budget }), { model: 'acme/y' })
    await expect(start).rejects.toMatchObject({
      code: 'unknown_price',
      message: expect.stringContaining('what acme/y costs is not known'),
    })
    await expect(runtime.start(spec({ budget }))).rejects.toMatchObject({
      code: 'unknown_price',
      message: expect.stringContaining('no model is named'),
    })
    expect(await runtime.list()).toEqual([])
  })
  it('is refused at a resumption that changes the model', async () => {
    const failing = { error: { code: '503', message: 'down' } }
    const runtime = createRuntime({ mind: mindOf(failing, { text: 'done', usage }) })
    const run = await runtime.start(spec({ budget, model: 'acme/x' }))
    expect((await run.done).reason).toBe('model_failed')
    await expect(runtime.open(run.id, { model: 'acme/y' })).rejects.toMatchObject({
      code: 'unknown_price',
    })
    const again = await runtime.open(run.id, { model: 'acme/x' })
    expect((await again.resume()).reason).toBe('completed')
  })
})
