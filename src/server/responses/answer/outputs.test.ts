import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { takeOutputs } from './outputs.ts'

it('takes out what is marked, and leaves the words', () => {
  const text =
    'Hi <output name="a">1</output>, <output name=\'b\'>x y</output><output name="a">{"z":2}</output>.'
  expect(takeOutputs(text)).toEqual({
    text: 'Hi 1, x y{"z":2}.',
    outputs: { a: { z: 2 }, b: 'x y' },
  })
})

it('keeps a text a text where it was asked for as one', () => {
  const text = '<output name="zip">123</output>'
  expect(takeOutputs(text).outputs).toEqual({ zip: 123 })
  expect(takeOutputs(text, new Set(['zip'])).outputs).toEqual({ zip: '123' })
})

it('leaves what is no mark, and names that are no names', () => {
  for (const text of [
    '<output name="a">',
    '<output>1</output>',
    '<output name="">1</output>',
    '',
  ]) {
    expect(takeOutputs(text)).toEqual({ text, outputs: {} })
  }
  const { outputs } = takeOutputs('<output name="__proto__">{"polluted":true}</output>')
  expect(Object.hasOwn(outputs, '__proto__')).toBe(true)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

it('reads any text, and never makes it longer', () => {
  const piece = fc.constantFrom(
    '<output name="a">',
    '</output>',
    '{',
    '"x"',
    '1',
    ' ',
    '<',
    'output',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('')
      expect(takeOutputs(text).text.length).toBeLessThanOrEqual(text.length)
    }),
  )
})
