import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sqliteStore } from '../src/store/sqlite.ts'
import type { Store } from '../src/store/store.ts'

const SCRIPT = fileURLToPath(new URL('./fixtures/store-process.ts', import.meta.url))
const EVENTS_PER_APPEND = 3

interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  readonly lines: AsyncIterator<string>
}

let folder: string
let path: string
let store: Store
let children: Child[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-processes-'))
  path = join(folder, 'runs.db')
  store = sqliteStore(path)
  children = []
})

afterEach(async () => {
  for (const child of children) await kill(child)
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function start(...words: readonly string[]): Child {
  const child = spawn(process.execPath, [SCRIPT, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: Interface = createInterface({ input: child.stdout })
  const started = { process: child, lines: lines[Symbol.asyncIterator]() }
  children.push(started)
  return started
}

async function ended(child: Child): Promise<void> {
  if (child.process.exitCode !== null || child.process.signalCode !== null) return
  await once(child.process, 'exit')
}

async function kill(child: Child): Promise<void> {
  child.process.kill('SIGKILL')
  await ended(child)
}

async function nextLine(child: Child): Promise<string | null> {
  const line = await child.lines.next()
  return line.done === true ? null : line.value
}

/** Lets a child append until it acknowledged this many events, kills it, and gives what it acknowledged. */
async function killAfter(child: Child, events: number): Promise<number> {
  let acknowledged = 0
  while (acknowledged < events) acknowledged = Number(await nextLine(child))
  await kill(child)
  for (let line = await nextLine(child); line !== null; line = await nextLine(child)) {
    acknowledged = Number(line)
  }
  return acknowledged
}

async function signal(child: Child): Promise<void> {
  expect(await nextLine(child)).toBe('ready')
  child.process.stdin.write('go\n')
}

describe('a sqliteStore shared by processes', () => {
  test('keeps what a killed process was told is kept, whole, and frees its run at once', async () => {
    const child = start('append', path, 'r1')
    expect(await nextLine(child)).toBe(String(EVENTS_PER_APPEND))
    expect(await store.tryAcquire('r1')).toBeNull()
    const acknowledged = await killAfter(child, 150)

    const lease = await store.tryAcquire('r1')
    expect(lease).not.toBeNull()
    const events = await store.read('r1', 0)
    expect(events.length).toBeGreaterThanOrEqual(acknowledged)
    expect(events.length % EVENTS_PER_APPEND).toBe(0)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
    expect((await store.find('r1'))?.head).toBe(events.length)
    expect(readdirSync(`${path}-locks`)).toHaveLength(1)
  })

  test('gives a dead holder’s run to exactly one of those who race for it', async () => {
    await killAfter(start('append', path, 'r1'), EVENTS_PER_APPEND)
    const racers = [start('race', path, 'r1'), start('race', path, 'r1')]
    await Promise.all(racers.map(signal))
    const outcomes = await Promise.all(racers.map(nextLine))
    expect(outcomes.filter((outcome) => outcome === 'won')).toHaveLength(1)
    expect(await store.tryAcquire('r1')).toBeNull()
    for (const racer of racers) racer.process.stdin.end()
    await Promise.all(racers.map(ended))
    expect(await store.tryAcquire('r1')).not.toBeNull()
  })

  test('loses nothing of two that write at once, into a file that neither finds', async () => {
    const fresh = join(folder, 'fresh', 'runs.db')
    const runs = ['left', 'right']
    const writers = runs.map((run) => start('write', fresh, run, '150'))
    await Promise.all(writers.map(signal))
    expect(await Promise.all(writers.map(nextLine))).toEqual(['wrote 450', 'wrote 450'])
    await Promise.all(writers.map(ended))
    const reader = sqliteStore(fresh)
    for (const run of runs) {
      const events = await reader.read(run, 0)
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
      expect(events).toHaveLength(450)
    }
    await reader.close()
  })
})
