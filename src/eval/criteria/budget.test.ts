import { expect, test } from 'vitest'
import { callsOf, shapeWith, told } from '../given-shape.ts'
import { checkBudget } from './budget.ts'

const shape = shapeWith({
  modelCalls: { all: 3, planner: 1, composer: 1, verifier: 1 },
  ran: callsOf('a', 'b'),
  tokens: 400,
  transitions: 2,
})

test('each ceiling is a finding; exactly at it is fine', () => {
  const written = { model_calls: 3, tool_calls: 1, tokens: 400, transitions: 2 }
  expect(told(checkBudget(written, { shape, scripted: true }))).toEqual([
    ['budget.model_calls', 'passed', 1],
    ['budget.tool_calls', 'failed', 0.5],
    ['budget.tokens', 'passed', 1],
    ['budget.transitions', 'passed', 1],
  ])
})

test('model calls are counted by role', () => {
  const written = { model_calls: { planner: 1, composer: 0, verifier: 1 } }
  expect(told(checkBudget(written, { shape, scripted: true }))).toEqual([
    ['budget.model_calls.planner', 'passed', 1],
    ['budget.model_calls.composer', 'failed', 0],
    ['budget.model_calls.verifier', 'passed', 1],
  ])
})

test('a cost that nobody knows fails for a model, and is skipped for a script', () => {
  expect(told(checkBudget({ usd: 1 }, { shape, scripted: false }))).toEqual([
    ['budget.usd', 'failed', null],
  ])
  expect(told(checkBudget({ usd: 1 }, { shape, scripted: true }))).toEqual([
    ['budget.usd', 'skipped', null],
  ])
  const known = { ...shape, usd: 2 }
  expect(told(checkBudget({ usd: 1 }, { shape: known, scripted: true }))).toEqual([
    ['budget.usd', 'failed', 0.5],
  ])
})
