import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { S3_KEYS, startS3Server } from '../../../test/fixtures/s3-server.ts'
import { codeOf, gated } from './artifact-store.contract.ts'
import { ArtifactStoreError } from './artifact-store.ts'
import { openArtifacts } from './open-artifacts.ts'

const NOW = 1_763_700_000_000
const FOREVER = { now: NOW, expiresAt: null }
const TEXT = 'A report about nothing in particular.\n'
const SECRET = 'hunter2-hunter2'
const S3 = {
  LOCKSTEP_ARTIFACTS: 's3://artifacts/team/one',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: SECRET,
}

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lockstep-open-artifacts-'))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

function errorOf(environment: Readonly<Record<string, string | undefined>>): ArtifactStoreError {
  try {
    openArtifacts(environment, home)
  } catch (error) {
    if (error instanceof ArtifactStoreError) return error
    throw error
  }
  throw new Error('It opened')
}

describe('the configured artifact store', () => {
  test.each([{}, { LOCKSTEP_ARTIFACTS: '' }])('of %j is a folder at home', async (environment) => {
    const store = openArtifacts(environment, home)
    expect(existsSync(join(home, 'artifacts'))).toBe(false)
    await store.put(gated(TEXT), FOREVER)
    expect(existsSync(join(home, 'artifacts', 'sha256'))).toBe(true)
  })

  test('is the folder that LOCKSTEP_ARTIFACTS names', async () => {
    const folder = join(home, 'else', 'where')
    await openArtifacts({ LOCKSTEP_ARTIFACTS: folder }, home).put(gated(TEXT), FOREVER)
    expect(existsSync(join(folder, 'sha256'))).toBe(true)
  })

  test('is the bucket that LOCKSTEP_ARTIFACTS names', async () => {
    const server = await startS3Server('artifacts')
    const environment = {
      ...S3,
      LOCKSTEP_S3_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    }
    for (const where of ['s3://artifacts', 's3://artifacts/', 's3://artifacts/team/one/']) {
      const store = openArtifacts({ ...environment, LOCKSTEP_ARTIFACTS: where }, home)
      const { digest } = await store.put(gated(`at ${where}`), FOREVER)
      expect(await store.read(digest, { now: NOW })).toBe(`at ${where}`)
    }
    expect(existsSync(join(server.folder, 'artifacts', 'team', 'one', 'sha256'))).toBe(true)
    expect(existsSync(join(home, 'artifacts'))).toBe(false)
    await server.close()
  })

  test('keeps to the limits that it is given', async () => {
    const store = openArtifacts({}, home, { maxBytes: 5 })
    expect(await codeOf(store.put(gated(TEXT), FOREVER))).toBe('too_large')
  })

  test('of AWS needs no endpoint', () => {
    expect(() => openArtifacts(S3, home)).not.toThrow()
    expect(() => openArtifacts({ ...S3, AWS_SESSION_TOKEN: 'token' }, home)).not.toThrow()
  })
})

describe('a configuration that is wrong', () => {
  test.each(['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])(
    'without %s names it',
    (variable) => {
      for (const value of [undefined, '']) {
        const error = errorOf({ ...S3, [variable]: value })
        expect(error.code).toBe('bad_configuration')
        expect(error.message).toBe(
          `${variable} is not set; LOCKSTEP_ARTIFACTS names a bucket, and S3 needs it`,
        )
      }
    },
  )

  test.each(['gs://bucket', 's3://', 's3:///x', 's3://bucket?x=y', 'https://me:hunter2@host/x'])(
    'with %s says what is legal',
    (where) => {
      const { code, message } = errorOf({ ...S3, LOCKSTEP_ARTIFACTS: where })
      expect(code).toBe('bad_configuration')
      expect(message).toMatch(
        /^LOCKSTEP_ARTIFACTS is ".*"; legal are a folder and s3:\/\/BUCKET\/PREFIX$/,
      )
      expect(message).not.toContain('hunter2')
    },
  )

  test.each([
    [{ LOCKSTEP_ARTIFACTS: 's3://Not_A_Bucket' }, 'S3: the bucket is no name of a bucket'],
    [{ LOCKSTEP_ARTIFACTS: 's3://artifacts/../up' }, 'S3: the prefix is no path'],
    [{ LOCKSTEP_S3_ENDPOINT: 'localhost:9000' }, 'S3: the endpoint is no http or https address'],
    [
      { LOCKSTEP_S3_ENDPOINT: 'http://me:hunter2@h' },
      'S3: the endpoint holds a user or a password',
    ],
    [{ AWS_REGION: 'Middle Earth' }, 'S3: the region is no region'],
  ])('as %j says what is wrong, with no secret', (change, said) => {
    const { code, message } = errorOf({ ...S3, ...change })
    expect(code).toBe('bad_configuration')
    expect(message).toContain(said)
    expect(message).toContain('(LOCKSTEP_ARTIFACTS, LOCKSTEP_S3_ENDPOINT, AWS_REGION)')
    expect(message).not.toContain('hunter2')
  })
})
