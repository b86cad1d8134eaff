import { expect, test } from 'vitest'
import { shapeWith } from '../given-shape.ts'
import { checkConditions } from './accept.ts'

const shape = shapeWith({ context: { reason: 'completed', usage: { prompt_tokens: 12 } } })

test('a condition that does not hold shows what it read', () => {
  const source = "get('$.usage.prompt_tokens') < 10"
  expect(checkConditions([source], { shape, name: 'accept' })).toEqual([
    {
      name: 'accept',
      path: [0],
      result: 'failed',
      score: 0,
      expected: source,
      actual: 'it is false; $.usage.prompt_tokens is 12',
    },
  ])
})

test('a condition with no answer has no score', () => {
  const [finding] = checkConditions(["get('$.nope') > 1"], { shape, name: 'accept' })
  expect(finding).toMatchObject({ result: 'failed', score: null, actual: 'nothing at $.nope' })
})

test('only true passes, not what is like it', () => {
  const conditions = ["get('$.reason') == 'completed'", "get('$.reason')"]
  const results = checkConditions(conditions, { shape, name: 'accept' })
  expect(results.map(({ name, result }) => [name, result])).toEqual([
    ['accept[0]', 'passed'],
    ['accept[1]', 'failed'],
  ])
})
