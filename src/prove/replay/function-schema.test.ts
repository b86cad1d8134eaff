import { describe, expect, test } from 'vitest'
import { toJsonSchema } from './function-schema.ts'

describe('the schema of a function from another language', () => {
  test('is read in the words of JSON Schema, however deep', () => {
    const schema = {
      type: 'dict',
      required: ['sizes'],
      properties: {
        sizes: { type: 'tuple', items: { type: 'float' }, required: true },
        names: { type: 'HashMap', additionalProperties: { type: 'String' } },
        either: { anyOf: [{ type: 'long' }, { type: 'null' }] },
        free: { type: 'any', description: 'whatever' },
      },
    }
    expect(toJsonSchema(schema)).toEqual({
      type: 'object',
      required: ['sizes'],
      properties: {
        sizes: { type: 'array', items: { type: 'number' } },
        names: { type: 'object', additionalProperties: { type: 'string' } },
        either: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        free: { description: 'whatever' },
      },
    })
  })

  test('keeps an argument that is called type, and a word that nobody knows', () => {
    const schema = {
      type: 'object',
      properties: { type: { type: 'colour' }, dict: { type: ['string', 'null'] } },
    }
    expect(toJsonSchema(schema)).toEqual(schema)
  })
})
