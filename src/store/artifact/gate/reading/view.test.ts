import { expect, test } from 'vitest'
import { edited, rewritten, viewOf } from './view.ts'

test('each place of a view knows where it came from, through several edits', () => {
  const first = rewritten(viewOf('a&amp;b&amp;c'), /&amp;/g, '&')
  const second = rewritten(first, /&b/g, '')
  expect([first.text, second.text]).toEqual(['a&b&c', 'a&c'])
  expect([0, 1, 2, 3, 4].map(first.at)).toEqual([0, 1, 6, 7, 12])
  expect([0, 1, 2].map(second.at)).toEqual([0, 7, 12])
})

test('a longer text in the place of a shorter one stays within it', () => {
  const view = edited(viewOf('a…b'), [{ start: 1, end: 2, put: '...' }])
  expect([0, 1, 2, 3, 4].map(view.at)).toEqual([0, 1, 2, 2, 2])
})

test('nothing edited is the same view', () => {
  const view = viewOf('text')
  expect(rewritten(view, /z/g, 'y')).toBe(view)
})
