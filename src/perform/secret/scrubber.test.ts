import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createScrubber, scrubStream } from './scrubber.ts'

const REFERENCE = 'secret:AAAAAAAAAAAAAAAAAAAAAA'

function scrubberOf(...secrets: readonly string[]): ReturnType<typeof createScrubber> {
  return createScrubber(new Map(secrets.map((secret) => [secret, REFERENCE])))
}

test('a secret is found as it is and as JSON, URLs, base64 and hex write it', () => {
  const secret = 'a "b" c/ü'
  const scrubber = scrubberOf(secret)
  const bytes = Buffer.from(secret)
  const written = [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    new URLSearchParams({ q: `${secret}!` }).toString(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]
  for (const each of written) expect(scrubber.text(`<${each}>`)).toContain(REFERENCE)
  expect(scrubber.text('a b c')).toBe('a b c')
})

test('the longer of two secrets that begin alike is found first, and references are left alone', () => {
  const long = 'secret:BBBBBBBBBBBBBBBBBBBBBB'
  const scrubber = createScrubber(
    new Map([
      ['abcdef', REFERENCE],
      ['abcdefgh', long],
      ['secret:', REFERENCE],
    ]),
  )
  expect(scrubber.text('abcdefgh')).toBe(long)
  expect(scrubber.text(`${REFERENCE} secret: x`)).toBe(`${REFERENCE} ${REFERENCE} x`)
})

test('one that is too short to be told from words is left to its marked places', () => {
  expect(scrubberOf('pin12').text('pin12')).toBe('pin12')
})

test('a number is found where it is too long for an amount', () => {
  const scrubber = scrubberOf('123456', '4111111111111111')
  expect([scrubber.number(123456), scrubber.number(4111111111111111)]).toEqual([null, REFERENCE])
})

test('another secret is found as soon as it is known', () => {
  const secrets = new Map<string, string>()
  const scrubber = createScrubber(secrets)
  expect(scrubber.text('abcdef')).toBe('abcdef')
  secrets.set('abcdef', REFERENCE)
  expect(scrubber.text('abcdef')).toBe(REFERENCE)
})

test('a stream is the scrubbed text, however it is cut (property)', () => {
  const scrubber = scrubberOf('abcabc', 'cabbage')
  const piece = fc.string({
    unit: fc.constantFrom('a', 'b', 'c', 'cabbage', 'abcabc'),
    maxLength: 5,
  })
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      let heard = ''
      const { push, flush } = scrubStream(scrubber, (text) => (heard += text))
      for (const each of pieces) push(each)
      flush()
      expect(heard.includes('abcabc') || heard.includes('cabbage')).toBe(false)
      const rest = (text: string): string => text.replaceAll(REFERENCE, '#')
      if (pieces.length === 1) expect(rest(heard)).toBe(rest(scrubber.text(pieces.join(''))))
    }),
  )
})

test('finds a secret inside of longer texts that are base64, and in hex of either case', () => {
  const secret = 's3cr3t-Passw0rd'
  const scrubber = scrubberOf(secret)
  const text = (given: string): string => scrubber.text(given)
  for (const before of ['', 'a', 'ab', 'ana:', 'user:']) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const written = Buffer.from(`${before}${secret} and more`).toString(encoding)
      expect(text(`Authorization: Basic ${written}`)).toContain(REFERENCE)
      const left = Buffer.from(text(written).replace(REFERENCE, ''), encoding).toString()
      expect(left).not.toContain(secret.slice(2, -2))
    }
  }
  expect(text(Buffer.from(secret).toString('hex').toUpperCase())).toBe(REFERENCE)
})
