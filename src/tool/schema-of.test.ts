import { jsonSchema } from 'ai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { schemaOf } from './schema-of.ts'

function good(input: unknown): Extract<ReturnType<typeof schemaOf>, { ok: true }> {
  const result = schemaOf(input)
  if (!result.ok) throw new Error(result.message)
  return result
}

function validate(value: unknown): { readonly value: unknown } {
  return { value }
}

function input(): object {
  return { type: 'object' }
}

test('a JSON Schema stays as it is and brings no validator', () => {
  const schema = { type: 'object', properties: { id: { type: 'string' } } }
  expect(schemaOf(schema)).toEqual({ ok: true, schema })
})

test('a zod schema gives the JSON Schema of its input and a validator with its output', () => {
  const read = good(z.object({ id: z.string().trim(), count: z.number().default(1) }))
  expect(read.schema).toEqual({
    type: 'object',
    properties: { id: { type: 'string' }, count: { type: 'number', default: 1 } },
    required: ['id'],
  })
  expect(read.validate?.({ id: ' a ' })).toEqual({ ok: true, value: { id: 'a', count: 1 } })
  expect(read.validate?.({ id: 1 })).toEqual({
    ok: false,
    message: expect.stringMatching(/^id: .*string/),
  })
})

test("the AI SDK's jsonSchema is read, with and without its validator, and when it is lazy", () => {
  const schema = { type: 'object', properties: { n: { type: 'number' } } } as const
  expect(schemaOf(jsonSchema(schema))).toEqual({ ok: true, schema })
  expect(schemaOf(() => jsonSchema(schema))).toEqual({ ok: true, schema })
  const validated = good(
    jsonSchema<number>(schema, {
      validate: (value) =>
        value === 1 ? { success: true, value: 2 } : { success: false, error: new Error('not one') },
    }),
  )
  expect(validated.validate?.(1)).toEqual({ ok: true, value: 2 })
  expect(validated.validate?.(3)).toEqual({ ok: false, message: 'not one' })
})

test('another Standard Schema needs a JSON Schema of its own', () => {
  expect(schemaOf({ '~standard': { version: 1, vendor: 'other', validate } })).toMatchObject({
    ok: false,
    message: expect.stringContaining('other gives no JSON Schema'),
  })
  const callable = Object.assign(() => {}, {
    '~standard': { version: 1, vendor: 'other', validate, jsonSchema: { input } },
  })
  expect(schemaOf(callable)).toMatchObject({ ok: true, schema: { type: 'object' } })
})

test('an asynchronous validator is refused at once or, when it hides, at the call', () => {
  expect(schemaOf(z.object({}).refine(async () => true))).toMatchObject({
    ok: false,
    message: expect.stringContaining('asynchronously'),
  })
  const hidden = good(z.object({ id: z.string().refine(async () => true) }))
  expect(hidden.validate?.({ id: 'a' })).toMatchObject({ ok: false })
})

test('a validator that throws is a refusal', () => {
  const read = good(
    jsonSchema(
      { type: 'object' },
      {
        validate: () => {
          throw new Error('broken')
        },
      },
    ),
  )
  expect(read.validate?.({})).toEqual({ ok: false, message: 'broken' })
})

test('what is no schema of an object is refused in words', () => {
  expect(schemaOf('string')).toMatchObject({ message: expect.stringContaining('is neither') })
  expect(schemaOf({ type: 'object', check: () => true })).toMatchObject({ ok: false })
  expect(schemaOf(z.string())).toMatchObject({
    message: 'describes "string"; arguments are an object',
  })
  expect(schemaOf(z.object({ at: z.date() }))).toMatchObject({
    message: expect.stringContaining('the schema fails'),
  })
})
