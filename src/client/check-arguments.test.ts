import { describe, expect, test } from 'vitest'
import { checkArguments } from './check-arguments.ts'

const schema = {
  type: 'object',
  required: ['email'],
  additionalProperties: false,
  properties: {
    email: { type: 'string', minLength: 3, maxLength: 6 },
    kind: { enum: ['lead', 'customer'] },
    limit: { type: 'integer', minimum: 1, maximum: 10 },
    score: { type: ['number', 'null'] },
    tags: { type: 'array', items: { type: 'string' } },
    at: { type: 'object', properties: { city: { const: 'Paris' } } },
  },
} as const

describe('arguments that fit', () => {
  test.each([
    { email: 'a@b' },
    { email: 'a@b', kind: 'lead', limit: 10, score: 1.5, tags: ['x'], at: { city: 'Paris' } },
    { email: '😀😀😀😀', score: null, limit: 1, tags: [], at: {} },
  ])('%j', (args) => {
    expect(checkArguments(schema, args)).toEqual([])
  })
})

describe('arguments that do not fit, and what is said', () => {
  test.each([
    [{}, 'email is missing'],
    [{ email: 5 }, 'email is integer, not string'],
    [{ email: 'ab' }, 'email is below minLength 3'],
    [{ email: 'abcdefg' }, 'email is above maxLength 6'],
    [{ email: 'abc', kind: 'x' }, 'kind is none of ["lead","customer"]'],
    [{ email: 'abc', limit: 1.5 }, 'limit is number, not integer'],
    [{ email: 'abc', limit: 11 }, 'limit is above maximum 10'],
    [{ email: 'abc', score: 'x' }, 'score is string, not number or null'],
    [{ email: 'abc', tags: ['x', 1] }, 'tags[1] is integer, not string'],
    [{ email: 'abc', at: { city: 'Rome' } }, 'at.city is none of ["Paris"]'],
    [{ email: 'abc', mail: 'x' }, 'mail is unknown; known: email, kind, limit, score, tags, at'],
    ['abc', 'the arguments is string, not object'],
    [[], 'the arguments is array, not object'],
  ])('%j: %s', (args, said) => {
    expect(checkArguments(schema, args)).toEqual([said])
  })
})

test('a member that every object has is still missing, and may be declared', () => {
  expect(checkArguments({ required: ['toString'] }, {})).toEqual(['toString is missing'])
  expect(checkArguments({ properties: { name: true } }, JSON.parse('{"__proto__":1}'))).toEqual([])
})

test('keywords that only the server reads let everything through', () => {
  const unread = { anyOf: [{ type: 'string' }], pattern: '^x', prefixItems: [], items: false }
  expect(checkArguments(unread, [1])).toEqual([])
})
