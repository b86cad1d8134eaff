import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArtifactStoreError } from './artifact-store.ts'
import { readLink, signLink, type LinkClaims, type LinkKey } from './signed-link.ts'

const NOW = 1_763_700_000_000
const KEY: LinkKey = { id: 'k1', secret: new Uint8Array(32).fill(7) }
const NEXT: LinkKey = { id: 'k2', secret: new Uint8Array(32).fill(9) }
const CLAIMS: LinkClaims = {
  run: 'run-1',
  artifact: 'letter',
  version: 2,
  digest: `sha256:${'ab'.repeat(32)}`,
  type: 'text/markdown; charset=utf-8',
  name: 'letter.md',
  expiresAt: NOW + 60_000,
}
const LINK = signLink({ ...CLAIMS, key: KEY })
const options = { keys: [KEY], now: NOW }

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const claims = fc.record({
  run: text,
  artifact: text,
  version: fc.nat(),
  digest: fc.constant(CLAIMS.digest),
  type: text,
  name: fc.stringMatching(/^[A-BD-KMO-Z0-9][a-z0-9_-]{0,40}$/),
  expiresAt: fc.integer({ min: NOW + 1, max: NOW + 10 ** 12 }),
})

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof ArtifactStoreError ? error.code : String(error)
  }
}

describe('a signed link', () => {
  test('is a path with a query that says what may be downloaded', () => {
    expect(LINK).toMatch(
      /^\/artifacts\/sha256:(?:ab){32}\?run=run-1&artifact=letter&version=2&type=text%2Fmarkdown%3B\+charset%3Dutf-8&name=letter\.md&expires=1763700060000&kid=k1&sig=[\w-]{43}$/,
    )
    expect(readLink(LINK, options)).toEqual({ ok: true, claims: CLAIMS })
  })

  test('says what it was signed with, whatever that is', () => {
    fc.assert(
      fc.property(claims, (all) => {
        expect(readLink(signLink({ ...all, key: KEY }), options)).toEqual({ ok: true, claims: all })
      }),
    )
  })

  test('holds nothing of its key', () => {
    const secret = 'hunter2-hunter2-hunter2-hunter2!'
    const link = signLink({ ...CLAIMS, key: { id: 'k1', secret: Buffer.from(secret) } })
    for (const form of ['utf8', 'hex', 'base64', 'base64url'] as const) {
      expect(link).not.toContain(Buffer.from(secret).toString(form))
    }
  })

  test('expires, to the millisecond', () => {
    const at = (now: number): unknown => readLink(LINK, { keys: [KEY], now })
    expect(at(CLAIMS.expiresAt - 1)).toMatchObject({ ok: true })
    expect(at(CLAIMS.expiresAt)).toEqual({ ok: false, reason: 'expired' })
  })

  test('outlives a change of keys, as long as its own is still taken', () => {
    const after = { keys: [NEXT, KEY], now: NOW }
    expect(readLink(LINK, after)).toMatchObject({ ok: true })
    expect(readLink(signLink({ ...CLAIMS, key: NEXT }), after)).toMatchObject({ ok: true })
    const refused = { ok: false, reason: 'signature_mismatch' }
    expect(readLink(LINK, { keys: [NEXT], now: NOW })).toEqual(refused)
    expect(readLink(LINK, { keys: [], now: NOW })).toEqual(refused)
    expect(readLink(LINK, { keys: [{ ...NEXT, id: KEY.id }], now: NOW })).toEqual(refused)
  })
})

describe('an altered link', () => {
  const chars = Array.from('AZaz09-_%&=?+/.: ~#\0é')

  test('is refused, whichever character was put in, taken out or replaced', () => {
    const at = fc.nat({ max: LINK.length })
    fc.assert(
      fc.property(at, fc.constantFrom('', ...chars), fc.nat({ max: 2 }), (from, put, taken) => {
        const altered = `${LINK.slice(0, from)}${put}${LINK.slice(from + taken)}`
        fc.pre(altered !== LINK)
        expect(readLink(altered, options)).toMatchObject({ ok: false })
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    { run: 'run-2' },
    { artifact: 'secret' },
    { version: 3 },
    { digest: `sha256:${'cd'.repeat(32)}` },
    { type: 'text/html' },
    { name: 'letter.html' },
    { expiresAt: CLAIMS.expiresAt + 1 },
  ])('that claims %j is no link of ours', (change) => {
    const forged = signLink({ ...CLAIMS, ...change, key: { ...NEXT, id: KEY.id } })
    const sig = new URLSearchParams(LINK.split('?')[1]).get('sig') ?? ''
    const altered = forged.replace(/sig=.*$/, `sig=${sig}`)
    expect(readLink(altered, options)).toEqual({ ok: false, reason: 'signature_mismatch' })
  })

  test('cannot move the border between two claims', () => {
    const one = signLink({ ...CLAIMS, run: 'a","b', artifact: 'c', key: KEY })
    const other = signLink({ ...CLAIMS, run: 'a', artifact: 'b","c', key: KEY })
    expect(one.slice(-43)).not.toBe(other.slice(-43))
  })

  test('has one spelling only', () => {
    const respelt = [
      LINK.replace('%2F', '%2f'),
      LINK.replace('+', '%20'),
      LINK.replace('run=', 'r%75n='),
      LINK.replace('version=2', 'version=02'),
      `${LINK}&run=run-1`,
      `${LINK}&x=1`,
      `${LINK}#top`,
      `${LINK}=`,
      `http://localhost${LINK}`,
      `/${LINK}`,
      LINK.replace('/artifacts/', '/artifacts/./'),
      LINK.replace('?', '?&'),
    ]
    for (const link of respelt) {
      expect([link, readLink(link, options)]).toEqual([link, { ok: false, reason: 'malformed' }])
    }
  })

  test('of any other kind is malformed, however long', () => {
    const others = [
      '',
      '/',
      '/artifacts/',
      '/artifacts/?',
      LINK.split('?')[0] ?? '',
      'x'.repeat(10 ** 6),
    ]
    for (const link of others)
      expect(readLink(link, options)).toMatchObject({ reason: 'malformed' })
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
        expect(readLink(url, options)).toEqual({ ok: false, reason: 'malformed' })
      }),
    )
  })
})

describe('signing a link', () => {
  test('wants a key of 32 bytes with an id', () => {
    const sign = (key: LinkKey): string => codeOf(() => signLink({ ...CLAIMS, key }))
    expect(sign({ id: 'k1', secret: new Uint8Array(31) })).toBe('bad_key')
    expect(sign({ id: '', secret: KEY.secret })).toBe('bad_key')
    expect(sign({ id: 'a&b', secret: KEY.secret })).toBe('bad_key')
    expect(sign(KEY)).toBe('none')
  })

  test.each([
    { digest: 'sha256:x' },
    { name: '../x' },
    { name: 'a"b.md' },
    { version: -1 },
    { version: 1.5 },
    { expiresAt: Number.NaN },
  ])('refuses %j', (change) => {
    expect(codeOf(() => signLink({ ...CLAIMS, ...change, key: KEY }))).toBe('bad_name')
  })

  test('refuses what would be longer than a link may be', () => {
    const long = { ...CLAIMS, run: 'x'.repeat(5_000), key: KEY }
    expect(codeOf(() => signLink(long))).toBe('bad_name')
  })
})
