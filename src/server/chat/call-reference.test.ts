import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCall, encodeCall } from './call-reference.ts'

test('a reference comes back as it was, in letters that every client echoes', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (run, call) => {
      const id = encodeCall({ run, call })
      expect(id).toMatch(/^lsc_[A-Za-z0-9_-]+$/)
      expect(decodeCall(id)).toEqual({ run, call })
    }),
  )
})

test('whatever else is no reference', () => {
  expect(decodeCall('call_1')).toBeNull()
  expect(decodeCall('lsc_')).toBeNull()
  expect(decodeCall(`${encodeCall({ run: 'a~b', call: 'c' })}=`)).toBeNull()
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = decodeCall(`lsc_${text}`)
      if (read !== null) expect(encodeCall(read)).toBe(`lsc_${text}`)
    }),
  )
})
