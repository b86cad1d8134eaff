import { array, assert, constantFrom, integer, nat, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { createFlow, wrap } from './flow.ts'
import { plainText, widthOf } from './plain-text.ts'

test('wraps at words, breaks what is longer than a line, keeps line breaks', () => {
  expect(wrap('one two three', { columns: 9 })).toEqual(['one two', 'three'])
  expect(wrap('abcdefghijkl', { columns: 8 })).toEqual(['abcdefgh', 'ijkl'])
  expect(wrap('one\n\n  two', { columns: 20 })).toEqual(['one', '', '  two'])
  expect(wrap('two', { columns: 10, used: 9 })).toEqual(['', 'two'])
})

test('text that comes in pieces is wrapped as if it came whole', () => {
  const text = string({
    unit: constantFrom('a', 'b ', '\n', ' ', 'ccc', '日', 'dddddddddddd'),
  })
  assert(
    property(text, array(nat({ max: 40 })), (whole, cuts) => {
      let made = ''
      const write = (piece: string): void => void (made += piece)
      const flow = createFlow({ write, columns: () => 12, indent: 0, column: 0 })
      const places = [...cuts.map((cut) => cut % (whole.length + 1)), whole.length]
      let start = 0
      for (const end of places.toSorted((left, right) => left - right)) {
        flow.push(whole.slice(start, end))
        start = end
      }
      flow.end()
      expect(made).toBe(wrap(whole, { columns: 12 }).join('\n'))
    }),
  )
})

test('no line is wider than allowed and no word is lost', () => {
  assert(
    property(string(), integer({ min: 8, max: 40 }), (text, columns) => {
      const lines = wrap(text, { columns })
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
      expect(letters(lines.join(''))).toBe(letters(plainText(text)))
    }),
  )
})

function letters(text: string): string {
  return text.replace(/\s/g, '')
}
