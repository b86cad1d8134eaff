import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from './json.ts'
import { compileSchema } from './json-schema.ts'

function problem(schema: JsonObject, value: Json): string | null {
  const compiled = compileSchema(schema)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.check(value)
}

const ORDER = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string' }, how: { enum: ['a', 'b'] }, tags: { type: 'array' } },
  additionalProperties: false,
}

test('a check says what is wrong and where, and changes nothing', () => {
  expect(problem(ORDER, { id: 'x' })).toBeNull()
  expect(problem(ORDER, { id: 5 })).toBe('id must be string')
  expect(problem(ORDER, {})).toContain("required property 'id'")
  expect(problem(ORDER, { id: 'x', how: 'c' })).toContain('(a, b)')
  expect(problem(ORDER, { id: 'x', much: 1 })).toContain('(much)')
  const value = { id: 'x' }
  const defaults = { ...ORDER, properties: { ...ORDER.properties, n: { default: 1 } } }
  expect(problem(defaults, value)).toBeNull()
  expect(value).toEqual({ id: 'x' })
})

test("a prototype's members never count", () => {
  const needs = { type: 'object', required: ['toString', 'constructor'] }
  expect(problem(needs, {})).not.toBeNull()
})

test('a broken schema says which part of it is wrong', () => {
  expect(compileSchema({ type: 'objct' })).toMatchObject({ ok: false, path: ['type'] })
  expect(compileSchema({ properties: { a: { type: 'strin' } } })).toMatchObject({
    ok: false,
    path: ['properties', 'a', 'type'],
    message: expect.stringMatching(/"strin" is not legal; legal: .*string/),
  })
  expect(compileSchema({ properties: [] })).toMatchObject({ ok: false, path: ['properties'] })
  expect(compileSchema({ $ref: '#/none' })).toMatchObject({ ok: false })
  expect(compileSchema({ $async: true })).toMatchObject({ ok: false })
  expect(compileSchema({ pattern: '(' })).toMatchObject({ ok: false })
})

test('schemas that name an older draft, as many libraries write, are read as 2020-12', () => {
  const $schema = 'http://json-schema.org/draft-07/schema#'
  expect(problem({ ...ORDER, $schema }, { id: 5 })).toBe('id must be string')
  expect(
    problem({ ...ORDER, $schema: 'https://json-schema.org/draft/2020-12/schema' }, { id: 'x' }),
  ).toBeNull()
  expect(compileSchema({ $schema: 'https://example.com/mine' })).toMatchObject({ ok: false })
})

test('the same $id may come twice: schemas do not see each other', () => {
  const schema = { $id: 'https://example.com/x', type: 'string' }
  expect(problem(schema, 'x')).toBeNull()
  expect(problem({ ...schema, type: 'number' }, 1)).toBeNull()
})

test('total: any object compiles or says why not', () => {
  const keyword = fc.constantFrom(
    'type',
    'properties',
    'items',
    '$ref',
    'anyOf',
    'enum',
    'if',
    '$id',
  )
  fc.assert(
    fc.property(fc.dictionary(keyword, fc.jsonValue({ maxDepth: 3 })), (schema) => {
      const compiled = compileSchema(JSON.parse(JSON.stringify(schema)))
      if (compiled.ok) compiled.check({ a: 1 })
      else expect(compiled.message).not.toBe('')
    }),
  )
})
