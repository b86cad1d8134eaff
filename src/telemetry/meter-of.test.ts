import { expect, test } from 'vitest'
import { planOf } from '../core/given.ts'
import { memoryStore } from '../store/memory.ts'
import { shop, SHOP } from './given-traces.ts'
import { meterOf } from './meter-of.ts'

test('a run counts its rests, the verdicts of each gate, its tool calls and its tokens', async () => {
  const store = memoryStore()
  const refund = { call: 'refund', args: { amount: 50 } }
  const script = [refund, { call: 'find_order', args: {} }, refund, { text: 'a' }, { text: 'b' }]
  const { runtime } = shop(script, { store })
  const run = await runtime.start(SHOP, { input: { order: 'o-1' } })
  await run.done
  const log = await store.read(run.id, 0)
  const measures = meterOf(log, { plan: planOf(SHOP, { find_order: {}, refund: {} }) })
  const counted = (name: string) => measures.filter((each) => each.name === name)

  expect(counted('lockstep.run.rests')).toEqual([
    {
      kind: 'counter',
      name: 'lockstep.run.rests',
      value: 1,
      labels: { workflow: 'shop', reason: 'completed' },
    },
  ])
  const known = counted('lockstep.gate.verdicts').filter(({ labels }) => labels['gate'] === 'known')
  expect(known.map(({ labels }) => labels)).toEqual([
    { gate: 'known', verdict: 'refuse', tool: 'refund' },
    { gate: 'known', verdict: 'allow', tool: 'refund' },
  ])
  const tools = counted('gen_ai.execute_tool.duration')
  expect(tools.map(({ labels }) => labels)).toEqual([{ tool: 'find_order' }, { tool: 'refund' }])
  const input = counted('gen_ai.client.usage.input_tokens')
  expect(input).toHaveLength(5)
  expect(input.reduce((sum, { value }) => sum + value, 0)).toBe(run.record().usage.prompt_tokens)
  expect(input[0]?.labels).toEqual({ provider: 'openai', model: 'gpt-5-mini', role: 'planner' })
})
