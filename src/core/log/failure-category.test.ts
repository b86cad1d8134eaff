import { expect, it } from 'vitest'
import { categoryOf, withCategory } from './failure-category.ts'

it.each([
  ['TIMEOUT', 'transient'],
  ['RATE_LIMITED', 'transient'],
  ['429', 'transient'],
  ['HTTP_503', 'transient'],
  ['ECONNRESET', 'transient'],
  ['ServiceUnavailable', 'transient'],
  ['PERMISSION_DENIED', 'permission'],
  ['HTTP_403', 'permission'],
  ['AccessDenied', 'permission'],
  ['unauthorized', 'permission'],
  ['INVALID_ARGUMENT', 'validation'],
  ['NOT_FOUND', 'validation'],
  ['422', 'validation'],
  ['CARD_DECLINED', undefined],
  ['INVALID_RESPONSE', undefined],
  ['TOOL_ERROR', undefined],
  ['HTTP_409', undefined],
])('reads %s as %s', (code, category) => {
  expect(categoryOf(code)).toBe(category)
})

it("leaves the tool's own word alone", () => {
  const failure = { code: 'NOT_FOUND', message: '', category: 'permission' } as const
  expect(withCategory(failure)).toEqual(failure)
})
