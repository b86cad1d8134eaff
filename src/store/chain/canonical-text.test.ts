import {
  anything,
  assert,
  constantFrom,
  dictionary,
  double,
  jsonValue,
  oneof,
  property,
  string,
} from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalOf } from './canonical-text.ts'
import { canonicalText } from './chain.ts'

/** What the chain of the stored text would cover. */
function stored(value: unknown): string {
  return canonicalText(JSON.stringify(value))
}

test('is the canonical form of what is stored, for all JSON', () => {
  assert(
    property(jsonValue(), (value) => {
      expect(canonicalOf(value)).toBe(stored(value))
    }),
  )
})

test('also for many keys, strange ones and escapes', () => {
  const key = oneof(string({ unit: 'binary' }), constantFrom('__proto__', '10', '9', 'é', '\uD800'))
  const object = dictionary(key, oneof(string({ unit: 'binary' }), double()), { maxKeys: 40 })
  assert(
    property(object, (value) => {
      expect(canonicalOf(value)).toBe(stored(value))
    }),
  )
})

test('and for what JSON cannot hold but JavaScript hands over', () => {
  const value = anything({ withDate: true, withNullPrototype: true, withBoxedValues: true })
  assert(
    property(value, (each) => {
      expect(canonicalOf({ each })).toBe(stored({ each }))
    }),
  )
  const odd = {
    a: undefined,
    b: [undefined, () => 1],
    c: Number.NaN,
    d: { toJSON: () => 7 },
    e: -0,
  }
  expect(canonicalOf(odd)).toBe('{"b":[null,null],"c":null,"d":7,"e":0}')
  expect(canonicalOf(undefined)).toBeUndefined()
})
