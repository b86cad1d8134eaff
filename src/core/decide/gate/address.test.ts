import { describe, expect, test } from 'vitest'
import { addressesIn, sitesOf } from './address.ts'

describe('addresses in a longer text', () => {
  test.each([
    { text: 'see www.evil.example/x?y=1, soon', found: ['www.evil.example/x?y=1'] },
    { text: 'write to (dora@mail.example).', found: ['dora@mail.example'] },
    { text: 'pay GB29NWBK60161331926819 today', found: ['GB29NWBK60161331926819'] },
    { text: 'the host 10.0.0.1 is up', found: ['10.0.0.1'] },
    { text: 'and http://localhost:80 too', found: ['http://localhost:80'] },
  ])('$text', ({ text, found }) => {
    expect(addressesIn(text)).toEqual(found)
  })

  test.each(['down to 7.2% in May', 'on 12.04. at 10:30', 'yes and/or no, 24/7', 'bare'])(
    '%s has none',
    (text) => {
      expect(addressesIn(text)).toEqual([])
    },
  )
})

describe('the site of a link', () => {
  test.each([
    'www.evil.example',
    'http://www.evil.example',
    'HTTPS://user@Evil.example:8080/a?b#c',
    '//evil.example/a',
    'evil.example/random?secret=1',
  ])('of %s, with and without www', (link) => {
    expect(sitesOf(link)).toEqual(['evil.example', 'www.evil.example'])
  })

  test.each(['dora@mail.example', 'a plain text', 'notes/today', '7.2', ''])(
    'of %s there is none',
    (text) => {
      expect(sitesOf(text)).toEqual([])
    },
  )
})
