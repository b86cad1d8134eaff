import * as fc from 'fast-check'
import { CompactEncrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { createContinuations, type Continued } from './continuation.ts'
import { newContinuationKey, readContinuationKey } from './continuation-key.ts'

const [first, second] = [newContinuationKey(), newContinuationKey()]
const PAUSED: Continued = {
  run: 'acme~1',
  tenant: 'acme',
  seq: 2,
  events: [
    { v: 1, seq: 1, at: 5, type: 'cancel.requested' },
    { v: 1, seq: 2, at: 6, type: 'run.rested', reason: 'needs_client', message: 'waits' },
  ],
  workflow: { spec: { workflow: 'responses', steps: [{ prompt: 'secret prompt' }] } },
  about: { surface: 'personize', model: 'm', outputs: [], session: null, metadata: {} },
}
const REFUSED = { code: 'invalid_conversation_signature', status: 400 }

describe('a continuation', () => {
  it('is read back whole by whoever has the key, and by nobody else (S0.29)', async () => {
    const token = await createContinuations({ keys: [first] }).encode(PAUSED)
    const elsewhere = createContinuations({ keys: [first] })
    expect(await elsewhere.decode(token, { tenant: 'acme' })).toEqual(PAUSED)
    const other = createContinuations({ keys: [second] })
    await expect(other.decode(token, { tenant: 'acme' })).rejects.toMatchObject(REFUSED)
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('secret prompt')
  })

  it('outlives a change of keys, for as long as the old one is kept', async () => {
    const old = await createContinuations({ keys: [first] }).encode(PAUSED)
    const both = createContinuations({ keys: [second, first] })
    expect(await both.decode(old, { tenant: 'acme' })).toEqual(PAUSED)
    const fresh = await both.encode(PAUSED)
    const only = createContinuations({ keys: [second] })
    expect(await only.decode(fresh, { tenant: 'acme' })).toEqual(PAUSED)
    await expect(only.decode(old, { tenant: 'acme' })).rejects.toMatchObject(REFUSED)
  })

  it('is for its tenant alone, and for a time', async () => {
    let now = 1_000
    const continuations = createContinuations({ keys: [first], ttlSeconds: 60, now: () => now })
    const token = await continuations.encode(PAUSED)
    await expect(continuations.decode(token, { tenant: 'rival' })).rejects.toMatchObject(REFUSED)
    now = 60_999
    expect(await continuations.decode(token, { tenant: 'acme' })).toEqual(PAUSED)
    now = 61_000
    await expect(continuations.decode(token, { tenant: 'acme' })).rejects.toMatchObject(REFUSED)
  })

  it('is refused whatever byte of it is changed', async () => {
    const continuations = createContinuations({ keys: [first] })
    const token = await continuations.encode(PAUSED)
    for (let at = 0; at < token.length; at++) {
      const letter = token[at] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, at) + letter + token.slice(at + 1)
      await expect(
        continuations.decode(changed, { tenant: 'acme' }),
        `at ${at}`,
      ).rejects.toMatchObject(REFUSED)
    }
  })

  it('is refused cut short, made longer, or put together of two', async () => {
    const continuations = createContinuations({ keys: [first] })
    const token = await continuations.encode(PAUSED)
    const other = await continuations.encode({ ...PAUSED, run: 'acme~2' })
    const parts = token.split('.')
    const others = other.split('.')
    const spliced = parts.map((_, index) =>
      parts
        .map((part, each) => (each === index && index > 0 ? (others[each] ?? '') : part))
        .join('.'),
    )
    const wrong = [
      '',
      '.',
      '....',
      token.slice(0, -8),
      `${token}AAAA`,
      `${token}.x`,
      parts.toReversed().join('.'),
      ...spliced.filter((each) => each !== token && each !== other),
    ]
    for (const each of wrong) {
      await expect(
        continuations.decode(each, { tenant: 'acme' }),
        each.slice(0, 20),
      ).rejects.toMatchObject(REFUSED)
    }
  })

  it('is nothing else that was encrypted with the same key', async () => {
    const forged = await new CompactEncrypt(new TextEncoder().encode('{"v":1}'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: first.id })
      .encrypt(first.secret)
    const continuations = createContinuations({ keys: [first] })
    await expect(continuations.decode(forged, { tenant: 'acme' })).rejects.toMatchObject(REFUSED)
  })

  it('any text at all is read or refused, and nothing else', async () => {
    const continuations = createContinuations({ keys: [first] })
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 400 }), async (text) => {
        await expect(continuations.decode(text, { tenant: 'acme' })).rejects.toMatchObject(REFUSED)
      }),
      { numRuns: 300 },
    )
  })
})

it('reads a key in base64 or hex, and calls it the same everywhere', () => {
  const hex = 'ab'.repeat(32)
  const key = readContinuationKey(hex)
  expect(key?.id).toBe(readContinuationKey(Buffer.from(hex, 'hex').toString('base64'))?.id)
  expect(key?.id).toMatch(/^[0-9a-f]{16}$/)
  expect(readContinuationKey('short')).toBeNull()
  expect(readContinuationKey('')).toBeNull()
})
