import { expect, test } from 'vitest'
import { told } from '../given-shape.ts'
import { checkConfidence } from './confidence.ts'

test('min and mean are of the whole series, and their scores what was measured', () => {
  expect(told(checkConfidence({ min: 0.4, mean: 0.7 }, [0.4, 0.8]))).toEqual([
    ['confidence.min', 'passed', 0.4],
    ['confidence.mean', 'failed', expect.closeTo(0.6, 10)],
  ])
})

test('nine turns in a row under 0.5 want supervision, eight do not (S4.18)', () => {
  const wish = { below: 0.5, turns: 9 }
  const eight = Array.from({ length: 8 }, () => 0.4)
  expect(told(checkConfidence(wish, [...eight, 0.5, ...eight]))[0]?.[1]).toBe('passed')
  expect(told(checkConfidence(wish, [...eight, 0.4]))[0]?.[1]).toBe('failed')
})

test('a series that is not there is no metric', () => {
  expect(told(checkConfidence({ mean: 0 }, []))).toEqual([['confidence.mean', 'failed', null]])
})
