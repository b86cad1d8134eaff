import { describe, expect, test } from 'vitest'

import { fromProviderJson, toProviderJson, toProviderOptions } from './provider-json.ts'

describe('provider JSON', () => {
  test('is a copy with the same key order, own properties only', () => {
    const value = { b: [1, { c: null }], a: 'x' }
    const copy = toProviderJson(value)
    expect(JSON.stringify(copy)).toBe(JSON.stringify(value))
    expect(copy).not.toBe(value)
    const hostile: unknown = JSON.parse('{"__proto__":{"polluted":true}}')
    const read = fromProviderJson(hostile)
    expect(JSON.stringify(read)).toBe('{"__proto__":{"polluted":true}}')
    expect(JSON.stringify(toProviderJson(read ?? null))).toBe('{"__proto__":{"polluted":true}}')
  })

  test('what JSON cannot hold is left out', () => {
    const value = { a: undefined, b: Number.NaN, c: () => 1, d: [undefined, 2], e: false }
    expect(fromProviderJson(value)).toEqual({ d: [null, 2], e: false })
    expect(fromProviderJson(undefined)).toBeUndefined()
  })

  test('options are objects by provider', () => {
    expect(toProviderOptions({ openai: { itemId: 'x' }, wrong: 'text', none: null })).toEqual({
      openai: { itemId: 'x' },
    })
  })
})
