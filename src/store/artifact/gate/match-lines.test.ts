import { expect, it } from 'vitest'
import { matchLines } from './match-lines.ts'

it('finds lines by number, up to the limit', () => {
  const text = 'one\nTwo\nthree two\ntwo'
  expect(matchLines(text, { pattern: 'two', most: 2 })).toEqual({
    ok: true,
    lines: [
      { line: 2, text: 'Two' },
      { line: 3, text: 'three two' },
    ],
  })
})

it('answers a broken pattern and one that would take for ever in words', () => {
  expect(matchLines('a', { pattern: '(', most: 1 })).toMatchObject({ ok: false })
  const endless = matchLines(`${'a'.repeat(40)}!`, { pattern: '(a+)+$', most: 1 })
  expect(endless).toMatchObject({ ok: false, message: expect.stringContaining('did not finish') })
})
