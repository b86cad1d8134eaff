import { expect, test } from 'vitest'
import { errorAt, firstIssues, legalNames, nearestName, pathText, textPlace } from './issue.ts'

test('a path reads as people write it', () => {
  expect(pathText(['steps', 'refund', 'next', 0, 'to'])).toBe('steps.refund.next[0].to')
  expect(pathText([])).toBe('')
})

test('the nearest name is offered, if it is near at all', () => {
  expect(legalNames('promt', ['tools', 'prompt'])).toBe('did you mean prompt? Legal: prompt, tools')
  expect(legalNames('x', ['b', 'a'])).toBe('legal: a, b')
  expect(legalNames('x', [])).toBe('there are none')
  expect(nearestName('maxOutputTokens', ['max_output_tokens'])).toBe('max_output_tokens')
  expect(nearestName('lookup_oder', ['lookup_orders', 'lookup_order'])).toBe('lookup_order')
  expect(nearestName('on', ['off', 'if'])).toBeUndefined()
})

test('thousands of legal names are neither listed nor compared', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `name${index}`)
  expect(legalNames('nothing-like-it', many).length).toBeLessThan(300)
})

test('the place in a text has its line, and long texts are cut around it', () => {
  expect(textPlace('a = b', 2)).toBe('character 3 of `a = b`')
  expect(textPlace('a\n  = b\n', 4)).toBe('line 2, character 3 of `a = b`')
  const long = `${'x'.repeat(500)}=${'y'.repeat(500)}`
  expect(textPlace(long, 500)).toBe(`character 501 of \`…${'x'.repeat(60)}=${'y'.repeat(59)}…\``)
})

test('a hundred issues are enough, and the last says how many more there are', () => {
  const issues = Array.from({ length: 250 }, (_, index) => errorAt([index], 'wrong'))
  const first = firstIssues(issues)
  expect(first).toHaveLength(101)
  expect(first.at(-1)?.message).toContain('150 more')
  expect(firstIssues(issues.slice(0, 100))).toHaveLength(100)
})
