import { expect, test } from 'vitest'
import { z } from 'zod'
import { shapeWords } from './shape-words.ts'

test.each([
  [z.object({ workflow: z.string() }), {}, 'is missing; expected string'],
  [z.object({ workflow: z.string() }), { workflow: 3 }, 'expected string, received number'],
  [z.object({ workflow: z.enum(['a', 'b']) }), { workflow: 'c' }, 'expected one of "a"|"b"'],
])('a wrong member is told in plain words', (schema, value, words) => {
  const message = schema.safeParse(value).error?.issues[0]?.message ?? ''
  expect(shapeWords(message)).toBe(words)
})
