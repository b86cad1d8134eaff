import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileArtifacts } from '../src/store/artifact/file-artifacts.ts'

const SCRIPT = fileURLToPath(new URL('./fixtures/artifact-process.ts', import.meta.url))
const NOW = 1_763_700_000_000
const HOUR = 60 * 60 * 1000
/** Kills until one struck in the middle of a write; far more than it takes. */
const MOST_KILLS = 40
const LEAST_KILLS = 4

let folder: string
let children: ChildProcessByStdio<null, Readable, null>[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-artifact-processes-'))
  children = []
})

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** When a process is killed: as its next file shows up, or as it says that a content is kept. */
type Moment = 'writing' | 'acknowledged'

/** Lets a process put contents, kills it, and gives what it was told is kept. */
async function killWhile(moment: Moment, seed: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [SCRIPT, folder, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const acknowledged: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (digest) => acknowledged.push(digest))
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')])
  await once(lines, 'line')
  if (moment === 'acknowledged') child.kill('SIGKILL')
  const watcher = watch(folder, { recursive: true }, (_, name) => {
    if (name?.includes('.') === true) child.kill('SIGKILL')
  })
  await ended
  watcher.close()
  return acknowledged
}

function filesOf(kind: 'draft' | 'content'): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    kind === 'draft' ? name.endsWith('.tmp') : name.endsWith('.never'),
  )
}

describe('fileArtifacts whose process is killed in the middle of a put', () => {
  test('keep every content that they said is kept, and no half one', async () => {
    const acknowledged: string[] = []
    for (let kill = 0; kill < MOST_KILLS; kill += 1) {
      const moment = kill % 2 === 0 ? 'writing' : 'acknowledged'
      acknowledged.push(...(await killWhile(moment, kill)))
      if (kill + 1 >= LEAST_KILLS && filesOf('draft').length > 0) break
    }
    expect(filesOf('draft').length).toBeGreaterThan(0)
    expect(acknowledged.length).toBeGreaterThanOrEqual(LEAST_KILLS)

    const store = fileArtifacts(folder)
    for (const digest of acknowledged) {
      expect(await store.find(digest, { now: NOW })).toMatchObject({ digest, storedAt: NOW })
    }
    const found = filesOf('content').map((name) => `sha256:${name.slice(-70, -6)}`)
    expect(found).toEqual(expect.arrayContaining(acknowledged))
    for (const digest of found) {
      const text = (await store.read(digest, { now: NOW })) ?? ''
      expect(`sha256:${createHash('sha256').update(text).digest('hex')}`).toBe(digest)
      expect(text.endsWith('.')).toBe(true)
    }

    expect(await store.sweep({ now: NOW + HOUR })).toBe(0)
    expect(filesOf('draft')).toEqual([])
    expect(filesOf('content')).toHaveLength(found.length)
    await store.close()
  })
})
