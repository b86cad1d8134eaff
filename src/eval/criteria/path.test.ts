import { expect, test } from 'vitest'
import { shapeWith, told } from '../given-shape.ts'
import { checkPath } from './path.ts'

const shape = shapeWith({ path: ['a', 'b', 'c'], pathWithSubRuns: ['a', 'b', 'x', 'c'] })

test('a list is the whole path', () => {
  expect(told(checkPath(['a', 'b', 'c'], shape))).toEqual([['path', 'passed', 1]])
  expect(told(checkPath(['a', 'b'], shape))).toEqual([['path', 'failed', 0.8]])
})

test('an empty list is a run that entered no step', () => {
  expect(told(checkPath([], shape))).toEqual([['path', 'failed', 0]])
  expect(told(checkPath([], shapeWith()))).toEqual([['path', 'passed', 1]])
})

test('contains leaves room between, but keeps the order', () => {
  expect(told(checkPath({ contains: ['a', 'c'] }, shape))).toEqual([['path.contains', 'passed', 1]])
  expect(told(checkPath({ contains: ['c', 'a'] }, shape))).toEqual([
    ['path.contains', 'failed', 0.5],
  ])
})

test('never is about every one of its steps', () => {
  expect(told(checkPath({ never: ['x', 'b'] }, shape))).toEqual([['path.never', 'failed', 0]])
  expect(told(checkPath({ never: ['x'] }, shape))).toEqual([['path.never', 'passed', 1]])
})

test('steps of sub-runs count where it says so', () => {
  const written = { exact: ['a', 'b', 'x', 'c'], sub_runs: true }
  expect(told(checkPath(written, shape))).toEqual([['path.exact', 'passed', 1]])
})
