import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { S3_KEYS, startS3Server, type S3Server } from '../../../test/fixtures/s3-server.ts'
import { codeOf, describeArtifactStore, digestOf, gated } from './artifact-store.contract.ts'
import { ArtifactStoreError, type ArtifactStore } from './artifact-store.ts'
import { s3Artifacts, type S3Limits } from './s3-artifacts.ts'
import type { S3Settings } from './s3-settings.ts'

const NOW = 1_763_700_000_000
const HOUR = 60 * 60 * 1000
const TEXT = 'A report about nothing in particular: ✍️\n'
const FOREVER = { now: NOW, expiresAt: null }
const BUCKET = 'artifacts'

let server: S3Server
let places = 0

beforeAll(async () => {
  server = await startS3Server(BUCKET, 'other')
})
afterAll(async () => {
  await server.close()
})

function settings(change: Partial<S3Settings> = {}): S3Settings {
  const { endpoint } = server
  const own = { prefix: `place-${places}/deep`, region: 'us-east-1', backoffMs: 1 }
  return { endpoint, bucket: BUCKET, ...own, ...S3_KEYS, ...change }
}

function open(change: Partial<S3Settings> = {}, limits?: S3Limits): ArtifactStore {
  return s3Artifacts(settings(change), limits)
}

async function errorOf(promise: Promise<unknown>): Promise<ArtifactStoreError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ArtifactStoreError) return error
  throw new Error(`It did not reject with an ArtifactStoreError: ${String(error)}`)
}

beforeEach(() => {
  places += 1
})

describeArtifactStore('s3Artifacts', () => {
  const prefix = `contract-${(places += 1)}`
  return { open: (limits) => s3Artifacts(settings({ prefix }), limits) }
})

describe('a bucket of artifacts', () => {
  test('is shared: another store sees what this one put, under another prefix none does', async () => {
    const { digest } = await open().put(gated(TEXT), FOREVER)
    expect(await open().read(digest, { now: NOW })).toBe(TEXT)
    expect(await open({ prefix: 'elsewhere' }).read(digest, { now: NOW })).toBeNull()
    expect(await open({ prefix: '' }).read(digest, { now: NOW })).toBeNull()
    const hex = digest.slice('sha256:'.length)
    const folder = join(server.folder, BUCKET, `place-${places}`, 'deep', 'sha256', hex)
    expect(readdirSync(folder).some((name) => name.startsWith('never.'))).toBe(true)
  })

  test('needs no prefix', async () => {
    const store = open({ prefix: '', bucket: 'other' })
    const { digest } = await store.put(gated(TEXT), FOREVER)
    expect(await store.read(digest, { now: NOW })).toBe(TEXT)
  })

  test('is swept page by page, with what is not ours left alone', async () => {
    const store = open({}, { pageSize: 2 })
    const texts = Array.from({ length: 7 }, (_, index) => `page ${index}`)
    for (const [index, text] of texts.entries()) {
      await store.put(gated(text), { now: NOW, expiresAt: index % 2 === 0 ? NOW + 1 : null })
    }
    const contents = join(server.folder, BUCKET, `place-${places}`, 'deep', 'sha256')
    const others = ['0notes', 'a&amp;b', `${'0'.repeat(64)}_`, 'zz']
    mkdirSync(contents, { recursive: true })
    for (const other of others) writeFileSync(join(contents, `${other}._S3rver_object`), 'mine')
    const before = server.requests.length
    expect(await store.sweep({ now: NOW + 1 })).toBe(4)
    const lists = server.requests.slice(before).filter((request) => request.includes('max-keys=2'))
    expect(lists.length).toBe(6)
    expect(await store.sweep({ now: NOW + 1 })).toBe(0)
    for (const [index, text] of texts.entries()) {
      const found = await store.read(digestOf(text), { now: NOW })
      expect(found).toBe(index % 2 === 0 ? null : text)
    }
  })

  test('finds what is damaged, and mends it with the next put', async () => {
    const { digest } = await open().put(gated(TEXT), FOREVER)
    const hex = digest.slice('sha256:'.length)
    const object = join(server.folder, BUCKET, `place-${places}`, 'deep', 'sha256', hex)
    writeFileSync(join(object, 'never._S3rver_object'), TEXT.replace('A', 'a'))
    const error = await errorOf(open().read(digest, { now: NOW }))
    expect(error.code).toBe('damaged')
    expect(error.message).toContain(`${BUCKET} at 127.0.0.1`)
    expect(error.message).toContain(hex)
    await open().put(gated(TEXT), FOREVER)
    expect(await open().read(digest, { now: NOW })).toBe(TEXT)
    writeFileSync(join(object, 'never._S3rver_metadata.json'), '{}')
    expect((await errorOf(open().find(digest, { now: NOW }))).code).toBe('damaged')
  })
})

describe('a link to S3', () => {
  const link = { now: NOW, expiresAt: NOW + HOUR, filename: 'report.md' }

  test('answers anybody, as a download, until it expires', async () => {
    const now = Date.now()
    const { digest } = await open().put(gated(TEXT), FOREVER)
    const url = (await open().link?.(digest, { ...link, now, expiresAt: now + HOUR })) ?? ''
    const answer = await fetch(url)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="report.md"')
    expect(answer.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
    expect(await answer.text()).toBe(TEXT)
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('3600')

    const expired = (await open().link?.(digest, { ...link, now: NOW })) ?? ''
    expect((await fetch(expired)).status).toBe(403)
    const other = new URL(url)
    other.searchParams.set('response-content-disposition', 'inline')
    expect((await fetch(other)).status).toBe(403)
    other.pathname = `/${BUCKET}/place-1/deep`
    expect((await fetch(other)).status).toBe(403)
  })

  test('is not given for what is unknown, for too long, or under a bad name', async () => {
    const { digest } = await open().put(gated(TEXT), { now: NOW, expiresAt: NOW + HOUR })
    const ask = (change: object, of = digest): Promise<unknown> | undefined =>
      open().link?.(of, { ...link, ...change })
    expect(await ask({}, digestOf('other'))).toBeNull()
    expect(await ask({ now: NOW + HOUR, expiresAt: NOW + 2 * HOUR })).toBeNull()
    for (const expiresAt of [NOW, NOW - HOUR, NOW + 8 * 24 * HOUR, Number.NaN]) {
      expect((await errorOf(ask({ expiresAt }) ?? Promise.resolve())).code).toBe('failed')
    }
    const badName = await errorOf(ask({ filename: '../x' }) ?? Promise.resolve())
    expect(badName.code).toBe('bad_name')
  })
})

describe('what fails on the way', () => {
  test('is tried again: a server’s fault, too many requests, a broken connection', async () => {
    server.fail({ status: 503 }, 'reset', { status: 429 })
    const stored = await open().put(gated(TEXT), FOREVER)
    server.fail(
      { status: 400, body: '<Error><Code>RequestTimeout</Code></Error>' },
      { status: 500 },
    )
    expect(await open().read(stored.digest, { now: NOW })).toBe(TEXT)
  })

  test('a body too: it is whole when it is sent once more', async () => {
    const store = open()
    await store.find(digestOf(TEXT), { now: NOW })
    const before = server.requests.length
    const listed = store.put(gated(TEXT), FOREVER)
    await expect.poll(() => server.requests.length).toBeGreaterThan(before)
    server.fail('reset', { status: 500 })
    const { digest } = await listed
    expect(await store.read(digest, { now: NOW })).toBe(TEXT)
  })

  test('is given up after so many tries', async () => {
    const before = server.requests.length
    server.fail(
      { status: 503, body: '<Error><Code>SlowDown</Code></Error>' },
      { status: 503 },
      'reset',
    )
    const error = await errorOf(open({ tries: 3 }).find(digestOf(TEXT), { now: NOW }))
    expect(error.code).toBe('failed')
    expect(error.message).toMatch(
      /^The bucket artifacts at 127\.0\.0\.1:\d+ cannot be reached \(3 tries\): /,
    )
    expect(server.requests.length - before).toBe(3)
  })

  test('a server that does not answer is given up in time', async () => {
    server.fail('hang', 'hang')
    const store = open({ tries: 2, timeoutMs: 50 })
    const error = await errorOf(store.find(digestOf(TEXT), { now: NOW }))
    expect(error.message).toContain('(2 tries): The operation was aborted due to timeout')
  })

  test('nobody there', async () => {
    const store = open({ endpoint: 'http://127.0.0.1:1', tries: 2 })
    const error = await errorOf(store.put(gated(TEXT), FOREVER))
    expect(error.message).toContain('127.0.0.1:1 cannot be reached (2 tries): ')
  })

  test('a request that S3 refuses is not tried again', async () => {
    const before = server.requests.length
    const error = await errorOf(open({ bucket: 'no-such-bucket' }).put(gated(TEXT), FOREVER))
    expect(error.message).toContain('404 NoSuchBucket: there is no such bucket')
    expect(server.requests.length - before).toBe(1)
  })

  test('a redirect is not followed', async () => {
    const before = server.requests.length
    const body = '<Error><Code>PermanentRedirect</Code></Error>'
    server.fail({ status: 307, body, location: `${server.endpoint}/elsewhere` })
    const error = await errorOf(open().find(digestOf(TEXT), { now: NOW }))
    expect(server.requests.length - before).toBe(1)
    expect(error.message).toContain('the bucket is in another region, at another endpoint')
  })

  test('an answer that is no list is an error, not an empty list', async () => {
    server.fail({ status: 200, body: '<html>Welcome to your hotel</html>' })
    const error = await errorOf(open().find(digestOf(TEXT), { now: NOW }))
    expect(error.message).toContain('Welcome to your hotel')
  })

  test('closing ends what is under way', async () => {
    const store = open({ timeoutMs: 3_600_000 })
    const before = server.requests.length
    server.fail('hang')
    const found = codeOf(store.find(digestOf(TEXT), { now: NOW }))
    await expect.poll(() => server.requests.length).toBeGreaterThan(before)
    await store.close()
    expect(await found).toBe('closed')
  })
})

describe('keys', () => {
  const secretAccessKey = 'wrong-Secret/Key+0123456789'
  const sessionToken = 'session-Token/0123456789=='

  test('that are wrong are refused, in words that help', async () => {
    const error = await errorOf(open({ secretAccessKey }).put(gated(TEXT), FOREVER))
    expect(error.code).toBe('failed')
    expect(error.message).toContain(
      'refused GET of its list with 403 SignatureDoesNotMatch: ' +
        'the secret access key is not that of the access key id',
    )
    const unknown = await errorOf(open({ accessKeyId: 'NOBODY' }).find(digestOf('x'), FOREVER))
    expect(unknown.message).toContain('403 InvalidAccessKeyId: it knows no such access key id')
  })

  test('are nowhere in errors or in what the store shows of itself', async () => {
    const store = open({ secretAccessKey, sessionToken, tries: 1 })
    const refused = await errorOf(store.put(gated(TEXT), FOREVER))
    server.fail('reset')
    const unreachable = await errorOf(store.find(digestOf(TEXT), { now: NOW }))
    const shown = [refused, unreachable, store]
      .map((thing) => inspect(thing, { depth: 9, showHidden: true }) + JSON.stringify(thing))
      .join('\n')
    expect(shown).toContain('SignatureDoesNotMatch')
    expect(shown).not.toContain(secretAccessKey)
    expect(shown).not.toContain(sessionToken)
  })
})

describe('settings', () => {
  test.each([
    ['endpoint', { endpoint: 'not an address' }],
    ['endpoint', { endpoint: 'ftp://localhost' }],
    ['endpoint', { endpoint: 'http://me:hunter2@localhost' }],
    ['endpoint', { endpoint: 'http://localhost/?a=b' }],
    ['bucket', { bucket: 'Not/A/Bucket' }],
    ['bucket', { bucket: 'a..b' }],
    ['region', { region: 'eu central' }],
    ['prefix', { prefix: '../up' }],
    ['prefix', { prefix: '/root' }],
    ['prefix', { prefix: 'a//b' }],
    ['prefix', { prefix: 'end/' }],
    ['prefix', { prefix: `${'a'.repeat(500)}/${'b'.repeat(500)}` }],
    ['accessKeyId', { accessKeyId: '' }],
    ['secretAccessKey', { secretAccessKey: '' }],
  ])('that are wrong name the %s: %j', async (name, change) => {
    const error = await errorOf((async () => open(change))())
    expect(error.code).toBe('bad_configuration')
    expect(error.message).toContain(`S3: the ${name} `)
    expect(error.message).not.toContain('hunter2')
  })
})
