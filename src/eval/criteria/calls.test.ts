import { expect, test } from 'vitest'
import { callsOf, told } from '../given-shape.ts'
import { checkCalls } from './calls.ts'

const seen = [
  { call: 'c1', tool: 'look', args: { id: 'o-1', deep: { a: 1, b: 2 } } },
  { call: 'c2', tool: 'pay', args: { amount: 5 } },
]

test('exact is all of them in their order', () => {
  expect(told(checkCalls({ exact: ['look', 'pay'] }, seen, 'tools'))).toEqual([
    ['tools.exact', 'passed', 1],
  ])
  expect(told(checkCalls({ exact: ['pay', 'look'] }, seen, 'tools'))).toEqual([
    ['tools.exact', 'failed', 0.5],
  ])
  expect(told(checkCalls({ exact: [] }, [], 'tools'))).toEqual([['tools.exact', 'passed', 1]])
})

test('the same tool twice in a row is not once', () => {
  const twice = callsOf('pay', 'pay')
  const [exact] = checkCalls({ exact: ['pay'] }, twice, 'calls')
  expect(exact).toMatchObject({ result: 'failed', expected: 'pay', actual: 'pay → pay' })
  expect(told(checkCalls({ subset: ['pay', 'pay'] }, twice, 'calls'))[0]?.[1]).toBe('passed')
  expect(told(checkCalls({ subset: ['pay', 'pay'] }, callsOf('pay'), 'calls'))).toEqual([
    ['calls.subset', 'failed', 0.5],
  ])
})

test('arguments need only be there, at any depth', () => {
  const fits = { tool: 'look', args: { deep: { b: 2 } } }
  const off = { tool: 'look', args: { deep: { b: 3 } } }
  expect(told(checkCalls({ subset: [fits] }, seen, 'tools'))[0]?.[1]).toBe('passed')
  expect(checkCalls({ subset: [off] }, seen, 'tools')[0]).toMatchObject({
    result: 'failed',
    expected: 'look {"deep":{"b":3}}, in this order',
    actual: 'look {"id":"o-1","deep":{"a":1,"b":2}} → pay {"amount":5}',
  })
})

test('never shows the calls that broke it', () => {
  const [never] = checkCalls({ never: [{ tool: 'pay', args: { amount: 5 } }] }, seen, 'tools')
  expect(never).toMatchObject({ result: 'failed', actual: 'pay {"amount":5}' })
  const other = { never: [{ tool: 'pay', args: { amount: 6 } }] }
  expect(told(checkCalls(other, seen, 'tools'))[0]?.[1]).toBe('passed')
})
