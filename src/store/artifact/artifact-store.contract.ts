import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ArtifactLimits } from './artifact-limits.ts'
import { ArtifactStoreError, type ArtifactStore } from './artifact-store.ts'
import { gateArtifact, GatedArtifact } from './gate/artifact-gate.ts'

const NOW = 1_763_700_000_000
const HOUR = 60 * 60 * 1000
const LETTER = 'Dear Ms Ito,\n\nI read your advertisement with joy. — Ada ✍️ 日本\n'

/** What the gate makes of a text that it has nothing against. */
export function gated(
  text: string,
  { name = 'letter', type = 'text/markdown' }: { name?: string; type?: string } = {},
): GatedArtifact {
  const outcome = gateArtifact(text, { name, spec: { type } })
  if (!outcome.ok) throw new Error(`The gate has something against ${text.slice(0, 40)}`)
  return outcome.artifact
}

/** The digest of a text, made without the store. */
export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** The code of the ArtifactStoreError that a promise rejects with; 'none' when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return error instanceof ArtifactStoreError
      ? error.code
      : `not an ArtifactStoreError: ${String(error)}`
  }
}

/** Opens an empty place; a second store of the same place sees what the first put. */
export interface Place {
  open(limits?: ArtifactLimits): ArtifactStore
}

/** What every adapter must pass. `makePlace` gives a place with nothing in it. */
export function describeArtifactStore(name: string, makePlace: () => Place): void {
  describe(`${name} as an ArtifactStore`, () => {
    let place: Place
    let store: ArtifactStore
    beforeEach(() => {
      place = makePlace()
      store = place.open()
    })
    afterEach(async () => {
      await store.close()
    })
    const current = (): ArtifactStore => store
    describeContent(current)
    describeExpiry(current)
    describeDoor(current, (limits) => place.open(limits))
    describeClose(current)
  })
}

function describeContent(current: () => ArtifactStore): void {
  test('gives back what was put, under the digest of its text', async () => {
    const stored = await current().put(gated(LETTER), { now: NOW, expiresAt: null })
    const bytes = Buffer.byteLength(LETTER)
    const digest = digestOf(LETTER)
    expect(stored).toEqual({ digest, type: 'text/markdown', bytes, storedAt: NOW, expiresAt: null })
    expect(await current().find(digest, { now: NOW })).toEqual(stored)
    expect(await current().read(digest, { now: NOW })).toBe(LETTER)
  })

  test('knows nothing of what was not put', async () => {
    await current().put(gated(LETTER), { now: NOW, expiresAt: null })
    expect(await current().find(digestOf('other'), { now: NOW })).toBeNull()
    expect(await current().read(digestOf('other'), { now: NOW })).toBeNull()
  })

  test('keeps large and strange texts as they are', async () => {
    const texts = [
      'The rain goes on.\n'.repeat(280_000),
      '\uFEFFﬁ 日本 👩‍👩‍👧 \u0000 \u2028 "\\',
      'One line.\r\nAnother.\n\n',
      'I',
    ]
    for (const text of texts) {
      const artifact = gated(text, { type: 'text/plain' })
      const { digest } = await current().put(artifact, { now: NOW, expiresAt: null })
      expect((await current().read(digest, { now: NOW })) === text).toBe(true)
    }
  })

  test('keeps the same content once: its first type and time stand', async () => {
    const first = await current().put(gated(LETTER), { now: NOW, expiresAt: null })
    const again = gated(LETTER, { name: 'other', type: 'text/plain' })
    expect(await current().put(again, { now: NOW + 5, expiresAt: null })).toEqual(first)
    expect(await current().find(first.digest, { now: NOW + 5 })).toEqual(first)
  })

  test('takes many at once, also the same ones', async () => {
    const texts = Array.from({ length: 12 }, (_, index) => `number ${index % 6} of the lot`)
    const put = (text: string): Promise<unknown> =>
      current().put(gated(text), { now: NOW, expiresAt: null })
    await Promise.all(texts.map(put))
    for (const text of texts) {
      expect(await current().read(digestOf(text), { now: NOW })).toBe(text)
    }
  })
}

function describeExpiry(current: () => ArtifactStore): void {
  test('loses what has expired, to the millisecond', async () => {
    const { digest } = await current().put(gated(LETTER), { now: NOW, expiresAt: NOW + HOUR })
    expect(await current().read(digest, { now: NOW + HOUR - 1 })).toBe(LETTER)
    expect(await current().find(digest, { now: NOW + HOUR })).toBeNull()
    expect(await current().read(digest, { now: NOW + HOUR })).toBeNull()
  })

  test('puts an expiry off, and never brings it forward', async () => {
    const put = (now: number, expiresAt: number | null): Promise<unknown> =>
      current().put(gated(LETTER), { now, expiresAt })
    await put(NOW, NOW + HOUR)
    const later = { storedAt: NOW, expiresAt: NOW + 2 * HOUR }
    expect(await put(NOW + 1, NOW + 2 * HOUR)).toMatchObject(later)
    expect(await put(NOW + 2, NOW + HOUR)).toMatchObject(later)
    expect(await put(NOW + 3, null)).toMatchObject({ storedAt: NOW, expiresAt: null })
    expect(await put(NOW + 4, NOW + HOUR)).toMatchObject({ storedAt: NOW, expiresAt: null })
    expect(await current().sweep({ now: NOW + 100 * HOUR })).toBe(0)
    expect(await current().read(digestOf(LETTER), { now: NOW + 100 * HOUR })).toBe(LETTER)
  })

  test('stores anew what had expired', async () => {
    await current().put(gated(LETTER), { now: NOW, expiresAt: NOW + 1 })
    const again = { now: NOW + HOUR, expiresAt: NOW + 2 * HOUR }
    const stored = await current().put(gated(LETTER, { type: 'text/plain' }), again)
    expect(stored).toMatchObject({ type: 'text/plain', storedAt: NOW + HOUR })
    expect(await current().find(stored.digest, { now: NOW + HOUR })).toEqual(stored)
  })

  test('sweeps what has expired and nothing else', async () => {
    const expiries = [NOW + 1, NOW + HOUR, null, NOW + 1, NOW + HOUR, null, NOW + 1]
    for (const [index, expiresAt] of expiries.entries()) {
      await current().put(gated(`text ${index}`), { now: NOW, expiresAt })
    }
    expect(await current().sweep({ now: NOW })).toBe(0)
    expect(await current().sweep({ now: NOW + 1 })).toBe(3)
    expect(await current().sweep({ now: NOW + 1 })).toBe(0)
    const left = expiries.map((_, index) => current().find(digestOf(`text ${index}`), { now: NOW }))
    const kept = (await Promise.all(left)).map((content) => content?.expiresAt)
    expect(kept).toEqual(
      expiries.map((expiresAt) => (expiresAt === NOW + 1 ? undefined : expiresAt)),
    )
  })

  test('keeps what a put prolongs while a sweep deletes the expired', async () => {
    for (let round = 0; round < 5; round += 1) {
      const text = `prolonged ${round}`
      await current().put(gated(text), { now: NOW, expiresAt: NOW + 1 })
      const prolong = current().put(gated(text), { now: NOW, expiresAt: NOW + HOUR })
      await Promise.all([prolong, current().sweep({ now: NOW + 1 })])
      expect(await current().read(digestOf(text), { now: NOW + 2 })).toBe(text)
    }
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d as a time', async (time) => {
    expect(await codeOf(current().put(gated(LETTER), { now: NOW, expiresAt: time }))).toBe('failed')
    expect(await codeOf(current().put(gated(LETTER), { now: time, expiresAt: null }))).toBe(
      'failed',
    )
    expect(await current().find(digestOf(LETTER), { now: NOW })).toBeNull()
  })
}

function describeDoor(
  current: () => ArtifactStore,
  open: (limits: ArtifactLimits) => ArtifactStore,
): void {
  const forever = { now: NOW, expiresAt: null }

  test('takes only what the gate made, however alike', async () => {
    const real = gated(LETTER)
    const { name, type, text, chars, bytes, digest } = real
    const alike = { name, type, text, chars, bytes, digest }
    const inherited: GatedArtifact = Object.create(real)
    const prototyped: GatedArtifact = Object.create(GatedArtifact.prototype)
    for (const forged of [inherited, Object.assign(prototyped, alike)]) {
      expect(await codeOf(current().put(forged, forever))).toBe('not_gated')
    }
    for (const forged of [alike, structuredClone(alike), LETTER, null, undefined]) {
      // @ts-expect-error the types refuse it too
      expect(await codeOf(current().put(forged, forever))).toBe('not_gated')
    }
    expect(await current().find(digest, { now: NOW })).toBeNull()
  })

  test('takes as many bytes as its limit says, and not one more', async () => {
    const store = open({ maxBytes: 9 })
    expect(await codeOf(store.put(gated('Né été'), forever))).toBe('none')
    expect(await codeOf(store.put(gated('Né étés'), forever))).toBe('too_large')
    expect(await store.find(digestOf('Né étés'), { now: NOW })).toBeNull()
    await store.close()
  })

  test('takes text by default, and only the types that it is told', async () => {
    const put = (store: ArtifactStore, type: string): Promise<string> =>
      codeOf(store.put(gated(`of ${type}`, { type }), forever))
    for (const type of ['text/html', 'text/plain; charset=utf-8', 'application/ld+json']) {
      expect([type, await put(current(), type)]).toEqual([type, 'none'])
    }
    const refused = ['image/svg+xml', 'application/octet-stream', 'text/', 'text', 'text/a\r\nx: y']
    for (const type of refused) {
      expect([type, await put(current(), type)]).toEqual([type, 'type_not_allowed'])
    }
    const store = open({ types: ['application/pdf', 'image/*'] })
    expect(await put(store, 'application/pdf')).toBe('none')
    expect(await put(store, 'image/svg+xml')).toBe('none')
    expect(await put(store, 'text/plain')).toBe('type_not_allowed')
    await store.close()
  })

  test.each([
    ['..', '../etc/passwd', '/etc/passwd', 'a/b', 'a\\b', 'C:\\boot.ini', '\\\\server\\share'],
    ['a\0.md', 'a\n', '', '.hidden', '-x', 'ends.', 'a..b', 'sp ace', 'é', 'x'.repeat(129)],
    ['con', 'NUL.txt', 'Com1', 'lpt9.tar.gz'],
  ])('refuses the name %j and its like', async (...names) => {
    for (const name of names) {
      const code = await codeOf(current().put(gated(`called ${name}`, { name }), forever))
      expect([name, code]).toEqual([name, 'bad_name'])
    }
  })

  test.each(['a', 'cover-letter.v2.md', `x${'y'.repeat(127)}`, 'console', '0_-.1'])(
    'takes the name %s',
    async (name) => {
      expect(await codeOf(current().put(gated(`called ${name}`, { name }), forever))).toBe('none')
    },
  )

  test.each([
    '',
    'sha256:',
    '../../etc/passwd',
    `sha256:${'../'.repeat(21)}x`,
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'a'.repeat(65)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(64)}\n`,
    `sha256:${'a'.repeat(62)}\0\0`,
    `SHA256:${'a'.repeat(64)}`,
    'a'.repeat(64),
  ])('is asked for the digest %j and says that it is none', async (digest) => {
    expect(await codeOf(current().find(digest, { now: NOW }))).toBe('bad_name')
    expect(await codeOf(current().read(digest, { now: NOW }))).toBe('bad_name')
  })
}

function describeClose(current: () => ArtifactStore): void {
  test('does nothing once it is closed, and closes twice', async () => {
    const store = current()
    const digest = digestOf(LETTER)
    await store.close()
    await store.close()
    expect(await codeOf(store.put(gated(LETTER), { now: NOW, expiresAt: null }))).toBe('closed')
    expect(await codeOf(store.find(digest, { now: NOW }))).toBe('closed')
    expect(await codeOf(store.read(digest, { now: NOW }))).toBe('closed')
    expect(await codeOf(store.sweep({ now: NOW }))).toBe('closed')
  })
}
