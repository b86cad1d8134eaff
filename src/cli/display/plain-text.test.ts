import { describe, expect, test } from 'vitest'
import { oneLine, plainText, shorten, splitAt, widthOf } from './plain-text.ts'

const ESC = String.fromCodePoint(0x1b)
const CSI = String.fromCodePoint(0x9b)

describe('Law 16: untrusted text does not steer the terminal', () => {
  test.each([
    [`${ESC}[31mred${ESC}[0m`, 'red'],
    [`${ESC}]0;title${String.fromCodePoint(7)}x`, 'x'],
    [`a${CSI}2Jb`, 'ab'],
    [`a${ESC}b`, 'ab'],
    ['a\rb\bc', 'abc'],
    ['\u202Egnp.exe', 'gnp.exe'],
    ['tab\tbed', 'tab  bed'],
    ['line\nbreak', 'line\nbreak'],
    ['\uD800lone', '\uFFFDlone'],
  ])('%j', (given, shown) => {
    expect(plainText(given)).toBe(shown)
  })
})

test('one line has no breaks and no runs of spaces', () => {
  expect(oneLine('  a\n\n b\t c ')).toBe('a b c')
})

test('wide characters count two columns, marks none of their own', () => {
  expect(widthOf('abc')).toBe(3)
  expect(widthOf('日本')).toBe(4)
  expect(widthOf('e\u0301')).toBe(1)
  expect(widthOf('👩‍👩‍👧')).toBe(2)
})

test('a cut never falls inside a character and always makes progress', () => {
  expect(splitAt('日本語', 3)).toEqual(['日', '本語'])
  expect(splitAt('日本', 1)).toEqual(['日', '本'])
  expect(shorten('a longer text', 8)).toBe('a longe…')
  expect(shorten('short', 8)).toBe('short')
})
