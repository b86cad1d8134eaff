import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../src/core/log/event.ts'
import { followLog } from '../src/drive/follow-log.ts'
import { auditRun, createRuntime, defineTool, defineWorkflow, type Runtime } from '../src/index.ts'
import { postgresStore } from '../src/postgres.ts'
import type { Lease, Store } from '../src/store/store.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'
import { noPostgres, startPostgres, type PostgresServer } from './postgres-server.ts'

/*
 * What several processes do to one database: none loses what another wrote, a run has one driver,
 * and a killed one's run goes on at once (Laws 5, 18).
 */

const EVENTS_PER_APPEND = 3
const PROCESSES = 8

interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  readonly lines: AsyncIterator<string>
}

let server: PostgresServer
let url: string
let folder: string
let store: Store
let children: Child[]

beforeAll(async () => {
  if (noPostgres === null) server = await startPostgres()
})

afterAll(() => server?.stop())

beforeEach(async () => {
  children = []
  if (noPostgres !== null) return
  folder = mkdtempSync(join(tmpdir(), 'lockstep-pg-'))
  url = await server.createDatabase()
  store = postgresStore({ connectionString: url })
})

afterEach(async () => {
  for (const child of children) await kill(child)
  if (noPostgres !== null) return
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function start(script: string, ...words: readonly string[]): Child {
  const path = join(import.meta.dirname, 'fixtures', script)
  const child = spawn(process.execPath, [path, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: Interface = createInterface({ input: child.stdout })
  const started = { process: child, lines: lines[Symbol.asyncIterator]() }
  children.push(started)
  return started
}

async function ended(child: Child): Promise<number | null> {
  if (child.process.exitCode === null && child.process.signalCode === null) {
    await once(child.process, 'exit')
  }
  return child.process.exitCode
}

async function kill(child: Child): Promise<void> {
  child.process.kill('SIGKILL')
  await ended(child)
}

async function nextLine(child: Child): Promise<string | null> {
  const line = await child.lines.next()
  return line.done === true ? null : line.value
}

async function signal(child: Child): Promise<void> {
  expect(await nextLine(child)).toBe('ready')
  child.process.stdin.write('go\n')
}

/** The server learns of a death when it reads the socket: at once, but after `exit` is told here. */
async function acquireSoon(run: string): Promise<Lease> {
  for (;;) {
    const lease = await store.tryAcquire(run)
    if (lease !== null) return lease
    await sleep(1)
  }
}

function outside(): string {
  return join(folder, 'outside.txt')
}

function notes(): readonly string[] {
  return readFileSync(outside(), 'utf8').trim().split('\n')
}

async function expectWhole(run: string, length: number): Promise<readonly Event[]> {
  const events = await store.read(run, 0)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(events).toHaveLength(length)
  const log = await store.readChain(run)
  expect(log?.head).toBe(length)
  expect(log?.headHash).toBe(log?.events.at(-1)?.hash)
  return events
}

describe.skipIf(noPostgres !== null)('a Postgres database shared by processes', () => {
  test('loses nothing of eight that begin at once, each with a run of its own', async () => {
    const runs = Array.from({ length: PROCESSES }, (_, index) => `run-${index}`)
    const writers = runs.map((run) => start('store-process.ts', 'write', url, run, '40'))
    await Promise.all(writers.map(signal))
    const wrote = await Promise.all(writers.map(nextLine))
    expect(wrote).toEqual(runs.map(() => `wrote ${40 * EVENTS_PER_APPEND}`))
    for (const run of runs) await expectWhole(run, 40 * EVENTS_PER_APPEND)
  })

  test('loses nothing of eight that append to the same run', async () => {
    const writers = Array.from({ length: PROCESSES }, () =>
      start('store-process.ts', 'contend', url, 'shared', '15'),
    )
    await Promise.all(writers.map(signal))
    const wrote = await Promise.all(writers.map(nextLine))
    expect(wrote).toEqual(writers.map(() => `wrote ${15 * EVENTS_PER_APPEND}`))
    await expectWhole('shared', PROCESSES * 15 * EVENTS_PER_APPEND)
  })

  test('keeps what a killed process was told is kept, whole, and frees its run', async () => {
    const child = start('store-process.ts', 'append', url, 'r1')
    let acknowledged = 0
    while (acknowledged < 60) acknowledged = Number(await nextLine(child))
    expect(await store.tryAcquire('r1')).toBeNull()
    await kill(child)
    for (let line = await nextLine(child); line !== null; line = await nextLine(child)) {
      acknowledged = Number(line)
    }
    await acquireSoon('r1')
    const events = await store.read('r1', 0)
    expect(events.length).toBeGreaterThanOrEqual(acknowledged)
    await expectWhole('r1', events.length - (events.length % EVENTS_PER_APPEND))
  })

  test('gives a dead holder’s run to exactly one of those who race for it', async () => {
    const first = start('store-process.ts', 'append', url, 'r1')
    expect(await nextLine(first)).toBe(String(EVENTS_PER_APPEND))
    const racers = [1, 2, 3].map(() => start('store-process.ts', 'race', url, 'r1'))
    for (const racer of racers) expect(await nextLine(racer)).toBe('ready')
    await kill(first)
    await (await acquireSoon('r1')).release()
    for (const racer of racers) racer.process.stdin.write('go\n')
    const outcomes = await Promise.all(racers.map(nextLine))
    expect(outcomes.filter((outcome) => outcome === 'won')).toHaveLength(1)
    expect(await store.tryAcquire('r1')).toBeNull()
  })
})

describe.skipIf(noPostgres !== null)('a run on Postgres', () => {
  test('is driven by two processes in turns, and followed by a third', async () => {
    const abort = new AbortController()
    const followed: Event[] = []
    const follower = (async () => {
      for await (const event of followLog(store, { run: 'shared', signal: abort.signal })) {
        followed.push(event)
        const rests = followed.filter(({ type }) => type === 'run.rested')
        if (rests.length === 6) abort.abort()
      }
    })()
    const drivers = ['odd', 'even'].map((mode) =>
      start('postgres-driver.ts', url, outside(), mode, 'shared'),
    )
    expect(await Promise.all(drivers.map(ended))).toEqual([0, 0])
    await follower
    expect(followed).toEqual(await store.read('shared', 0))
    const [odd, even] = drivers.map((driver) => driver.process.pid)
    const turns = [1, 2, 3, 4, 5, 6]
    expect(notes()).toEqual(turns.map((turn) => `${turn % 2 === 1 ? odd : even} turn ${turn}`))
    expect((await auditRun(store, { run: 'shared' }))?.damage).toEqual([])
  })

  test('goes on in another process when its driver is killed', async () => {
    const first = start('postgres-driver.ts', url, outside(), 'hang', 'r1')
    expect(await nextLine(first)).toBe('hanging')
    expect(await store.tryAcquire('r1')).toBeNull()
    await kill(first)
    const second = start('postgres-driver.ts', url, outside(), 'resume', 'r1')
    expect(await nextLine(second)).toBe('completed')
    // The write is idempotent, so it was tried again; nothing else happened twice (Law 11).
    expect(notes().map((line) => line.replace(/^\d+ /, ''))).toEqual(['turn 1', 'turn 1'])
    const types = (await store.read('r1', 0)).map(({ type }) => type)
    expect(types.filter((type) => type === 'tool.returned')).toHaveLength(1)
    expect((await auditRun(store, { run: 'r1' }))?.damage).toEqual([])
  })

  const workflow = defineWorkflow({
    workflow: 'slow',
    tools: { work: { effect: 'read' } },
    steps: { work: { prompt: 'Work.', tools: ['work'] } },
  })

  /** A runtime whose tool does what the test wants while the run is under way. */
  function runtimeWith(meanwhile: () => Promise<unknown>): Runtime {
    const script = parseScript([{ call: 'work', args: {} }, { text: 'done' }])
    if (!script.ok) throw new Error(JSON.stringify(script.issues))
    const work = defineTool({
      about: 'Work.',
      input: { type: 'object' },
      execute: async () => ({ sessions: await meanwhile() }),
    })
    return createRuntime({ store, mind: scriptedMind(script.script), tools: { work } })
  }

  function endSessions(where: string): Promise<unknown> {
    return server.query(
      url,
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'lockstep' AND ${where}`,
    )
  }

  const locks = `pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`

  test('does not notice that the connections of its reads and writes were lost', async () => {
    const runtime = runtimeWith(() => endSessions(`NOT ${locks}`))
    const run = await runtime.start(workflow, { id: 'r1' })
    expect(await run.done).toMatchObject({ reason: 'completed' })
    expect((await auditRun(store, { run: 'r1' }))?.damage).toEqual([])
  })

  test('stops where the connection of its lock is lost, and goes on when it is opened again', async () => {
    const run = await runtimeWith(() => endSessions(locks)).start(workflow, { id: 'r1' })
    await expect(run.done).rejects.toMatchObject({ code: 'lease_lost' })
    const before = await store.read('r1', 0)
    expect(before.at(-1)).toMatchObject({ type: 'tool.dispatched' })
    const again = await runtimeWith(async () => 'none').open('r1')
    expect(await again.resume()).toMatchObject({ reason: 'completed' })
    expect((await store.read('r1', 0)).slice(0, before.length)).toEqual(before)
    expect((await auditRun(store, { run: 'r1' }))?.damage).toEqual([])
  })
})
