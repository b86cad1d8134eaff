import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, jsonEquals, ownValue, type Json } from './json.ts'

/** Any JSON, `__proto__` keys included, and without -0, which JSON text does not keep. */
const anyJson: fc.Arbitrary<Json> = fc
  .json({ maxDepth: 4 })
  .map((text): Json => JSON.parse(text))
  .filter((value) => !JSON.stringify(value).includes('-0'))

function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, shuffled(member)]),
  )
}

test('canonical JSON is JSON of the same value, whatever the order of its keys', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const text = canonicalJson(value)
      expect(JSON.parse(text)).toEqual(value)
      expect(canonicalJson(shuffled(value))).toBe(text)
    }),
  )
})

test('equality is by type and value: that of the canonical text', () => {
  fc.assert(
    fc.property(anyJson, anyJson, (left, right) => {
      expect(jsonEquals(left, shuffled(left))).toBe(true)
      expect(jsonEquals(left, right)).toBe(canonicalJson(left) === canonicalJson(right))
    }),
  )
  expect(jsonEquals(1, '1')).toBe(false)
  expect(jsonEquals([], {})).toBe(false)
  expect(jsonEquals({ a: null }, { b: null })).toBe(false)
})

test('what JSON cannot hold has no canonical text', () => {
  expect(() => canonicalJson(Number.NaN)).toThrow(TypeError)
  expect(() => canonicalJson(Number.POSITIVE_INFINITY)).toThrow(TypeError)
})

test('only own members are read', () => {
  expect(ownValue({}, 'constructor')).toBeUndefined()
  expect(ownValue({ constructor: 1 }, 'constructor')).toBe(1)
})
