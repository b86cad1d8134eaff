import { describe, expect, test } from 'vitest'

import { isOpenAiStrictSchema } from './openai-strict-schema.ts'

const closed = {
  type: 'object',
  properties: { a: { type: ['string', 'null'] } },
  required: ['a'],
  additionalProperties: false,
}

describe('a schema qualifies for strict mode', () => {
  test.each([
    [closed],
    [{ ...closed, properties: { a: { type: 'array', items: closed } } }],
    [{ ...closed, properties: { a: { anyOf: [closed, { type: 'null' }] } } }],
    [{ ...closed, properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: closed } }],
  ])('when all objects are closed: %j', (schema) => {
    expect(isOpenAiStrictSchema(schema)).toBe(true)
  })

  test.each([
    [{ type: 'array', items: closed }],
    [{ ...closed, additionalProperties: true }],
    [{ ...closed, required: [] }],
    [{ type: 'object' }],
    [{ ...closed, properties: { a: { type: 'object', properties: {} } } }],
    [{ ...closed, properties: { a: { type: 'array', items: { type: 'object' } } } }],
    [{ ...closed, properties: { a: { allOf: [] } } }],
    [{ ...closed, $defs: { x: { type: 'object' } } }],
    [{ ...closed, properties: { a: true } }],
  ])('not otherwise: %j', (schema) => {
    expect(isOpenAiStrictSchema(schema)).toBe(false)
  })
})
