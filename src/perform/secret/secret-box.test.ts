import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createVaultKey, openBox, sealBox, toReference } from './secret-box.ts'

const key = createVaultKey(new Uint8Array(32).fill(1))
const other = createVaultKey(new Uint8Array(32).fill(2))

test('a box gives back what was put in, whatever it was, and to its own key only (property)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
      const kept = sealBox(key, { run: 'r', reference: toReference(key, plain), plain })
      expect(openBox([other, key], kept)).toBe(plain)
      expect(openBox([other], kept)).toBeNull()
    }),
  )
})

test('a box that was moved, changed or cut off opens as nothing', () => {
  const kept = sealBox(key, { run: 'r', reference: 'secret:a', plain: 'tok-live-4f9a' })
  expect(openBox([key], { ...kept, run: 's' })).toBeNull()
  expect(openBox([key], { ...kept, reference: 'secret:b' })).toBeNull()
  for (let index = 0; index < kept.box.length; index += 1) {
    const box = Uint8Array.from(kept.box)
    box[index] = (box[index] ?? 0) ^ 1
    expect(openBox([key], { ...kept, box })).toBeNull()
    expect(openBox([key], { ...kept, box: kept.box.subarray(0, index) })).toBeNull()
  }
})

test('references are equal for equal secrets and one key, and their boxes never are', () => {
  expect(toReference(key, 'a')).toMatch(/^secret:[\w-]{22}$/)
  expect(toReference(key, 'a')).toBe(toReference(key, 'a'))
  expect(toReference(key, 'a')).not.toBe(toReference(key, 'b'))
  expect(toReference(key, 'a')).not.toBe(toReference(other, 'a'))
  const secret = { run: 'r', reference: 'secret:a', plain: 'a' }
  expect(sealBox(key, secret).box).not.toEqual(sealBox(key, secret).box)
})
