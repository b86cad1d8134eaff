import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { stopAt } from './chat-answer.ts'
import { createStopFilter } from './stop-filter.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 })
const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), {
  maxLength: 3,
})

test('pieces join to the text before the first stop word, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(letters), words, (pieces, stop) => {
      const filter = createStopFilter(stop)
      const shown = pieces.map((piece) => filter.push(piece)).join('')
      const whole = stopAt(pieces.join(''), stop)
      expect(whole.startsWith(shown)).toBe(true)
      expect(shown + filter.end(whole)).toBe(whole)
    }),
  )
})

test('a text that differs from what was shown is an error', () => {
  const filter = createStopFilter([])
  filter.push('Once')
  expect(() => filter.end('Twice')).toThrow('begun anew')
})
