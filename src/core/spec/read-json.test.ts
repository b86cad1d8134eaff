import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson } from './read-json.ts'

function messageOf(value: unknown): string {
  const read = readJson(value)
  return read.ok ? 'ok' : read.issues.map((issue) => issue.message).join('; ')
}

test('plain data is copied; undefined members are left out', () => {
  const value = { a: [1, { b: null }], c: undefined }
  const read = readJson(value)
  expect(read).toEqual({ ok: true, value: { a: [1, { b: null }] } })
  expect(read.ok && read.value).not.toBe(value)
})

test('what is not JSON is refused, with the place', () => {
  expect(readJson({ a: [0, Number.NaN] })).toMatchObject({ issues: [{ path: ['a', 1] }] })
  expect(messageOf({ a: Number.POSITIVE_INFINITY })).toContain('finite')
  expect(messageOf({ a: () => 1 })).toContain('a function')
  expect(messageOf({ a: 1n })).toContain('a bigint')
  expect(messageOf([undefined])).toContain('undefined')
  expect(messageOf({ a: new Date() })).toContain('class')
  expect(messageOf(new Map())).toContain('class')
  const schema: unknown = Object.create({ '~standard': {} })
  expect(messageOf({ output: schema })).toContain('z.toJSONSchema')
})

test('`__proto__` is refused anywhere: it would be lost on the way', () => {
  expect(readJson(JSON.parse('{ "a": { "__proto__": 1 } }'))).toMatchObject({
    issues: [{ path: ['a', '__proto__'] }],
  })
})

test('cycles, great depth, great size and getters that throw are issues', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  expect(messageOf(circle)).toContain('100 levels')
  let wide: unknown = 'x'
  for (let level = 0; level < 90; level++) wide = [wide, wide]
  expect(messageOf(wide)).toContain('500000 values')
  let deep: unknown = []
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(messageOf(deep)).toContain('100 levels')
  const trap = Object.defineProperty({}, 'a', {
    enumerable: true,
    get: () => {
      throw new Error('no entry')
    },
  })
  expect(messageOf(trap)).toContain('no entry')
})

test('total: any value gives its JSON or one issue', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
      const read = readJson(value)
      if (read.ok)
        expect(JSON.parse(JSON.stringify(read.value))).toEqual(JSON.parse(JSON.stringify(value)))
      else expect(read.issues).toHaveLength(1)
    }),
  )
})
