import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeOf, describeArtifactStore, digestOf, gated } from './artifact-store.contract.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { fileArtifacts } from './file-artifacts.ts'

const NOW = 1_763_700_000_000
const HOUR = 60 * 60 * 1000
const TEXT = 'A report about nothing in particular.\n'
const FOREVER = { now: NOW, expiresAt: null }

let home: string
let folder: string
let store: ArtifactStore

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lockstep-artifacts-'))
  folder = join(home, 'deep', 'artifacts')
  store = fileArtifacts(folder)
})

afterEach(async () => {
  await store.close()
  rmSync(home, { recursive: true, force: true })
})

describeArtifactStore('fileArtifacts', () => ({
  open: (limits) => fileArtifacts(folder, limits),
}))

/** All files under the folder, from there. */
function files(): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

async function putOne(text = TEXT): Promise<string> {
  const { digest } = await store.put(gated(text), FOREVER)
  const hex = digest.slice('sha256:'.length)
  return join(folder, 'sha256', hex.slice(0, 2), `${hex}.never`)
}

describe('a folder of artifacts', () => {
  test('is made by the first put, not by opening or asking', async () => {
    expect(await store.find(digestOf(TEXT), { now: NOW })).toBeNull()
    expect(await store.sweep({ now: NOW })).toBe(0)
    expect(existsSync(dirname(folder))).toBe(false)
    const path = await putOne()
    expect(files()).toEqual([path.slice(folder.length + 1)])
    expect(readFileSync(path, 'utf8')).toBe(
      `{"v":1,"type":"text/markdown","bytes":38,"storedAt":${NOW}}\n${TEXT}`,
    )
  })

  test.skipIf(process.platform === 'win32')('is for its owner’s eyes only', async () => {
    const path = await putOne()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  test('is shared: another store of the same folder sees what this one put', async () => {
    await putOne()
    const other = fileArtifacts(folder)
    expect(await other.read(digestOf(TEXT), { now: NOW })).toBe(TEXT)
    await other.put(gated(TEXT), { now: NOW, expiresAt: NOW + HOUR })
    expect(files()).toHaveLength(1)
    await other.close()
  })

  test('holds one file a content, whatever became of its expiry', async () => {
    for (const expiresAt of [NOW + HOUR, NOW + 2 * HOUR, NOW + HOUR, null, NOW + HOUR]) {
      await store.put(gated(TEXT), { now: NOW, expiresAt })
      expect(files()).toHaveLength(1)
    }
  })

  test('refuses a folder that is none', async () => {
    expect(() => fileArtifacts('')).toThrow('is no folder for artifacts')
    expect(() => fileArtifacts('a\0b')).toThrow('is no folder for artifacts')
    const file = join(home, 'file')
    writeFileSync(file, 'x')
    const inside = fileArtifacts(join(file, 'artifacts'))
    const said = await messageOf(inside.put(gated(TEXT), FOREVER))
    expect(said).toContain(file)
    expect(said).toContain('a part of the way there is a file, not a folder')
    expect(await codeOf(inside.put(gated(TEXT), FOREVER))).toBe('failed')
  })
})

describe.skipIf(process.platform === 'win32')('a folder that cannot be made', () => {
  test('behind a link that leads nowhere is an error, not a wait for ever', async () => {
    symlinkSync(join(home, 'nowhere'), join(home, 'link'))
    const linked = fileArtifacts(join(home, 'link', 'artifacts'))
    expect(await messageOf(linked.put(gated(TEXT), FOREVER))).toContain(join(home, 'link'))
  })
})

describe('what a crash left over', () => {
  test('is never found, and swept once nobody can be writing it', async () => {
    const path = await putOne()
    const draft = join(dirname(path), `.${NOW}-0f8fad5b-d9cb-469f-a165-70867728950e.tmp`)
    renameSync(path, draft)
    expect(await store.find(digestOf(TEXT), { now: NOW })).toBeNull()
    expect(await store.sweep({ now: NOW + HOUR - 1 })).toBe(0)
    expect(existsSync(draft)).toBe(true)
    expect(await store.sweep({ now: NOW + HOUR })).toBe(0)
    expect(files()).toEqual([])
  })

  test('does not stand in the way of the next put', async () => {
    const path = await putOne()
    truncateSync(path, 70)
    expect(await store.put(gated(TEXT), FOREVER)).toMatchObject({ bytes: TEXT.length })
    expect(await store.read(digestOf(TEXT), { now: NOW })).toBe(TEXT)
  })

  test('of other people’s files nothing is touched', async () => {
    const path = await putOne()
    const others = [
      join(folder, 'notes.txt'),
      join(folder, 'sha256', 'README'),
      join(dirname(path), 'notes.1'),
      join(dirname(path), `${'0'.repeat(64)}.1`),
      join(dirname(path), '.1-notes.tmp'),
    ]
    for (const other of others) writeFileSync(other, 'mine')
    expect(await store.sweep({ now: NOW + 100 * HOUR })).toBe(0)
    for (const other of others) expect(readFileSync(other, 'utf8')).toBe('mine')
  })
})

describe('a damaged content', () => {
  test.each([
    ['an altered letter', (path: string): void => overwrite(path, -3, 'X')],
    ['an end that is missing', (path: string): void => truncateSync(path, 80)],
    ['an empty file', (path: string): void => truncateSync(path, 0)],
    ['a first line that says nothing', (path: string): void => overwrite(path, 0, '[')],
    ['more than there was', (path: string): void => writeFileSync(path, 'x', { flag: 'a' })],
  ])('with %s is an error that says where', async (_, damage) => {
    const path = await putOne()
    damage(path)
    expect(await codeOf(store.read(digestOf(TEXT), { now: NOW }))).toBe('damaged')
    expect(await messageOf(store.read(digestOf(TEXT), { now: NOW }))).toContain(path)
    await store.put(gated(TEXT), FOREVER)
    expect(await store.read(digestOf(TEXT), { now: NOW })).toBe(TEXT)
  })

  test('from a newer version is not called damaged', async () => {
    const path = await putOne()
    writeFileSync(path, readFileSync(path, 'utf8').replace('"v":1', '"v":2'))
    expect(await messageOf(store.read(digestOf(TEXT), { now: NOW }))).toContain('newer Lockstep')
  })
})

function overwrite(path: string, at: number, char: string): void {
  const text = readFileSync(path, 'utf8')
  const from = at < 0 ? text.length + at : at
  writeFileSync(path, `${text.slice(0, from)}${char}${text.slice(from + 1)}`)
}

describe.skipIf(process.platform === 'win32')('links inside the folder', () => {
  test('in the place of a content are not followed', async () => {
    const path = await putOne()
    const elsewhere = join(home, 'elsewhere')
    renameSync(path, elsewhere)
    symlinkSync(elsewhere, path)
    expect(await codeOf(store.read(digestOf(TEXT), { now: NOW }))).toBe('failed')
    expect(await messageOf(store.find(digestOf(TEXT), { now: NOW }))).toContain('follows no links')
  })

  test.each(['sha256', 'fan'])('in the place of the folder %s are not followed', async (which) => {
    const path = await putOne()
    const ours = which === 'fan' ? dirname(path) : dirname(dirname(path))
    const elsewhere = join(home, 'elsewhere')
    renameSync(ours, elsewhere)
    symlinkSync(elsewhere, ours)
    const before = readdirSync(elsewhere)
    expect(await codeOf(store.read(digestOf(TEXT), { now: NOW }))).toBe('failed')
    expect(await codeOf(store.put(gated(TEXT), FOREVER))).toBe('failed')
    expect(await codeOf(store.sweep({ now: NOW + HOUR }))).toBe('failed')
    expect(readdirSync(elsewhere)).toEqual(before)
  })

  test('but the folder itself may be one', async () => {
    mkdirSync(join(home, 'real'))
    symlinkSync(join(home, 'real'), join(home, 'link'))
    const linked = fileArtifacts(join(home, 'link'))
    const { digest } = await linked.put(gated(TEXT), FOREVER)
    expect(await linked.read(digest, { now: NOW })).toBe(TEXT)
    expect(readdirSync(join(home, 'real'))).toEqual(['sha256'])
  })
})

describe.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('a folder', () => {
  test('that may not be written is an error that says so, and leaves nothing', async () => {
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o500)
    expect(await messageOf(store.put(gated(TEXT), FOREVER))).toContain('this user may not')
    expect(files()).toEqual([])
  })
})
