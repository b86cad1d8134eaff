import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey, keyring, type KeyRecord } from './api-keys.ts'
import { changeKeys, fileKeyring, KeyFileError, readKeys } from './api-keys-file.ts'

const NOW = Date.parse('2026-03-01T00:00:00Z')

function given(more: Partial<KeyRecord> = {}) {
  return createKey({ tenant: 'acme', scopes: ['run', 'read'], now: NOW, ...more })
}

describe('a keyring', () => {
  test('lets a key in, and keeps nothing that could be presented', () => {
    const { secret, record } = given()
    expect(secret).toMatch(/^lsk_[\w-]{43}$/)
    expect(JSON.stringify(record)).not.toContain(secret.slice(4))
    expect(keyring([given().record, record]).check(secret)).toEqual({ ok: true, record })
  })

  test('says why it refuses one', () => {
    const old = given({ expires: '2026-03-01T00:00:00Z' })
    const gone = given({ revoked: '2026-02-01T00:00:00Z' })
    const ring = keyring([old.record, gone.record], () => NOW)
    const why = [old.secret, gone.secret, given().secret, 'lsk_short', ''].map((secret) =>
      ring.check(secret),
    )
    expect(why).toEqual(
      ['expired', 'revoked', 'unknown', 'malformed', 'malformed'].map((each) => ({
        ok: false,
        why: each,
      })),
    )
    expect(ring.count()).toBe(0)
  })

  test('takes a hash for no key', () => {
    const { record } = given()
    expect(keyring([record]).check(record.sha256).ok).toBe(false)
    expect(keyring([record]).check(`lsk_${record.sha256.slice(0, 43)}`).ok).toBe(false)
  })
})

describe('a keys file', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-keys-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is for its owner alone, and is read again when it changes', () => {
    let now = NOW
    const file = join(folder, 'deep', 'keys.json')
    const { secret, record } = given()
    const ring = fileKeyring(file, () => now)
    expect(ring.check(secret)).toEqual({ ok: false, why: 'unknown' })
    changeKeys(file, (keys) => [...keys, record])
    now += 1_000
    expect(ring.check(secret).ok).toBe(true)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(secret)
    changeKeys(file, (keys) => keys.map((key) => ({ ...key, revoked: '2026-03-01T00:00:00Z' })))
    now += 1_000
    expect(ring.check(secret)).toEqual({ ok: false, why: 'revoked' })
  })

  test.each([
    ['no JSON', '{'],
    ['another shape', '{"v":1,"keys":[{"id":"key_1"}]}'],
    ['a newer version', '{"v":2,"keys":[]}'],
  ])('with %s lets nobody in, not even who was let in before', (_, text) => {
    let now = NOW
    const file = join(folder, 'broken.json')
    const { secret, record } = given()
    rmSync(file, { force: true })
    changeKeys(file, () => [record])
    const ring = fileKeyring(file, () => now)
    expect(ring.check(secret).ok).toBe(true)
    writeFileSync(file, text)
    now += 1_000
    expect(() => ring.check(secret)).toThrow(KeyFileError)
    expect(() => ring.check(secret)).toThrow(/broken\.json/)
  })

  test('keeps what it was when a change fails', () => {
    const file = join(folder, 'kept.json')
    const { record } = given()
    changeKeys(file, () => [record])
    expect(() =>
      changeKeys(file, () => {
        throw new TypeError('no')
      }),
    ).toThrow('no')
    expect(readKeys(file)).toEqual([record])
    changeKeys(file, (keys) => keys)
    expect(readKeys(file)).toEqual([record])
  })
})
