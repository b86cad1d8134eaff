import { expect, test } from 'vitest'
import { followUp } from './follow-up.ts'

test('the caller executes what the model calls, step by step (S0.27, S0.28, S0.41)', async () => {
  const { result, notes, progress } = await followUp()
  expect(result.status).toBe('completed')
  expect(result.steps.map(({ tool_calls: calls }) => calls.map(({ name }) => name))).toEqual([
    ['crm_lookup', 'crm_lookup'],
    [],
    ['crm_note'],
  ])
  expect(result.steps[0]?.tool_calls[0]?.result).toMatchObject({ name: 'Sarah Chen' })
  expect(result.steps[0]?.tool_calls[1]).not.toHaveProperty('result')
  expect(progress.toSorted()).toEqual([
    'crm_lookup failed: no contact has the address nobody@acme.example',
    'crm_lookup returned',
    'crm_note returned',
  ])
  expect(notes).toEqual(['7: Drafted a follow-up about Kafka.'])
})
