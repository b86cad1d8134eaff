import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../core/log/event.ts'
import { canonicalText, chainHash, chainStart } from './chain/chain.ts'
import { sqliteStore } from './sqlite.ts'
import { acquire, codeOf, describeStore, makeAppend, makeEvents } from './store.contract.ts'
import { StoreError, type Claim, type Store } from './store.ts'

let folder: string
let opened: Store[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-sqlite-'))
  opened = []
})

afterEach(async () => {
  for (const store of opened) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(path = file()): Store {
  const store = sqliteStore(path)
  opened.push(store)
  return store
}

function file(): string {
  return join(folder, 'state', 'runs.db')
}

function lockFiles(): readonly string[] {
  const locks = `${file()}-locks`
  return existsSync(locks) ? readdirSync(locks) : []
}

/** The StoreError that opening throws, as `code: message`. */
function openingError(path: string): string {
  try {
    open(path)
    return 'none'
  } catch (error) {
    return error instanceof StoreError ? `${error.code}: ${error.message}` : String(error)
  }
}

describeStore('sqliteStore', open)

describe('the file of a sqliteStore', () => {
  test('keeps everything when it is closed and opened again', async () => {
    const store = open()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0))
    await store.requestCancel('r1')
    await store.saveDefinition('d1', '{}')
    const row = await store.find('r1')
    await store.close()
    const again = open()
    expect(await again.find('r1')).toEqual(row)
    expect(await again.read('r1', 0)).toEqual(makeEvents(0, 2))
    expect(await again.cancelRequested('r1')).toBe(true)
    expect(await again.loadDefinition('d1')).toBe('{}')
    expect(await again.tryAcquire('r1')).not.toBeNull()
  })

  test('is a write-ahead log', () => {
    open()
    const database = new DatabaseSync(file())
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    database.close()
  })

  test('is refused when it is not ours, damaged or newer', () => {
    const text = join(folder, 'text.db')
    writeFileSync(text, 'not a database, but long enough to be looked at'.repeat(100))
    expect(openingError(text)).toMatch(/^failed: .*text\.db: it is not a SQLite database/)

    const other = join(folder, 'other.db')
    const database = new DatabaseSync(other)
    database.exec('CREATE TABLE birds (name TEXT)')
    expect(openingError(other)).toMatch(/^failed: .*other\.db: .*database of something else/)
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
    database.close()

    open()
    const newer = new DatabaseSync(file())
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(openingError(file())).toMatch(/^failed: .*: a newer version wrote it \(schema 99/)

    expect(openingError(folder)).toMatch(/^failed: .*cannot be opened/)
    expect(openingError(':memory:')).toMatch(/^failed: .*memoryStore/)
  })

  test('gives back events of another version as they are stored', async () => {
    const store = open()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0))
    const database = new DatabaseSync(file())
    const stored = { type: 'future.thing', v: 2, seq: 2, at: 5, more: [1] }
    const update = database.prepare('UPDATE events SET event = ? WHERE seq = 2')
    update.run(JSON.stringify(stored))
    expect((await store.read('r1', 1))[0]).toEqual(stored)
    update.run('{"seq":3}')
    expect(await codeOf(store.read('r1', 0))).toBe('failed')
    update.run('torn {')
    expect(await codeOf(store.read('r1', 0))).toBe('failed')
    database.close()
  })
})

describe('the commits of a sqliteStore', () => {
  test('one append that breaks the transaction takes no other with it', async () => {
    const store = open()
    const [left, right] = [await acquire(store, 'left'), await acquire(store, 'right')]
    const database = new DatabaseSync(file())
    database.exec(`CREATE TRIGGER broken BEFORE INSERT ON events WHEN new.event LIKE '%poison%'
      BEGIN SELECT RAISE(ROLLBACK, 'broken'); END`)
    database.close()
    const poison = [...makeEvents(0, 1), ...makeEvents(1, 1, 'poison')]
    const codes = await Promise.all([
      codeOf(store.append(makeAppend(left, 0))),
      codeOf(store.append(makeAppend(right, 0, { events: poison }))),
      codeOf(store.append(makeAppend(left, 2, { sync: true }))),
    ])
    expect(codes).toEqual(['none', 'failed', 'none'])
    expect(await store.read('left', 0)).toEqual(makeEvents(0, 4))
    expect(await store.read('right', 0)).toEqual([])
    expect(await store.find('right')).toBeNull()
  })
})

describe('the places of a sqliteStore', () => {
  const claim = (run: string): Claim => ({
    family: 'f',
    run,
    call: 'c1',
    places: [{ gate: 'once', key: 'o-1', calls: 1 }],
  })

  test('are shared by all handles of a file, at once', async () => {
    const handles = Array.from({ length: 4 }, () => open())
    const answers = await Promise.all(
      handles.map((store, index) => store.claim(claim(`r${index}`))),
    )
    expect(answers.filter((answer) => answer === null)).toHaveLength(1)
  })

  test('are still taken when their holder is gone', async () => {
    const one = open()
    expect(await one.claim(claim('r1'))).toBeNull()
    await one.close()
    const two = open()
    expect(await two.claim(claim('r2'))).toEqual({ gate: 'once', key: 'o-1' })
    expect(await two.claim(claim('r1'))).toBeNull()
  })
})

/** A file as an earlier version left it: a run `r1` with these events. */
function makeFileOf(migrations: readonly string[], events: readonly Event[]): void {
  mkdirSync(join(folder, 'state'))
  const database = new DatabaseSync(file())
  for (const name of migrations) {
    database.exec(readFileSync(new URL(`sqlite/${name}`, import.meta.url), 'utf8'))
  }
  database.exec('PRAGMA application_id = 0x4c6b7374')
  database.exec(`PRAGMA user_version = ${migrations.length}`)
  database.exec(`INSERT INTO runs (run, head, workflow, digest, created_at, updated_at)
    VALUES ('r1', ${events.length}, 'w', 'd', 1, 1)`)
  const insert = database.prepare('INSERT INTO events (run, seq, event) VALUES (1, ?, ?)')
  for (const event of events) insert.run(event.seq, JSON.stringify(event))
  database.close()
}

describe('the chain of a sqliteStore', () => {
  test('goes on over handles, and over files from before it', async () => {
    makeFileOf(['001-runs.sql', '002-places.sql'], makeEvents(0, 2))
    const two = open()
    const before = await two.readChain('r1')
    expect(before).toMatchObject({ head: 2, headHash: null, chainedFrom: 3 })
    expect(before?.events.map(({ hash }) => hash)).toEqual([null, null])
    await two.append(makeAppend(await acquire(two, 'r1'), 2))
    await two.append(makeAppend(await acquire(two, 'new'), 0))
    await two.close()
    const three = open()
    const lease = await acquire(three, 'r1')
    await three.append(makeAppend(lease, 4))
    const chain = await three.readChain('r1')
    const [third, fourth, fifth] = chain?.events.slice(2) ?? []
    expect(third?.hash).toBe(chainHash(chainStart('r1'), canonicalText(third?.text ?? '')))
    expect(fifth?.hash).toBe(chainHash(fourth?.hash ?? '', canonicalText(fifth?.text ?? '')))
    expect((await three.readChain('new'))?.chainedFrom).toBe(1)
  })
})

describe('the leases of a sqliteStore', () => {
  test('hold between two handles of one process, by whatever path', async () => {
    const [one, link] = [open(), join(folder, 'link.db')]
    symlinkSync(file(), link)
    const two = open(link)
    const lease = await acquire(one, 'r1')
    for (let ask = 0; ask < 3; ask += 1) expect(await two.tryAcquire('r1')).toBeNull()
    await one.append(makeAppend(lease, 0))
    await lease.release()
    const next = await acquire(two, 'r1')
    expect(await one.tryAcquire('r1')).toBeNull()
    expect(await codeOf(one.append(makeAppend(lease, 2)))).toBe('lease_lost')
    await two.append(makeAppend(next, 2))
    expect(await one.read('r1', 0)).toEqual(makeEvents(0, 4))
  })

  test('end with the handle that held them', async () => {
    const [one, two] = [open(), open()]
    await acquire(one, 'r1')
    expect(await two.tryAcquire('r1')).toBeNull()
    await one.close()
    expect(await two.tryAcquire('r1')).not.toBeNull()
  })

  test('fence off a holder that was taken for dead', async () => {
    const [one, two] = [open(), open()]
    const lease = await acquire(one, 'r1')
    await one.append(makeAppend(lease, 0))
    rmSync(`${file()}-locks`, { recursive: true })
    const next = await acquire(two, 'r1')
    expect(await codeOf(one.append(makeAppend(lease, 2)))).toBe('lease_lost')
    await lease.release()
    await two.append(makeAppend(next, 2))
    expect(await two.read('r1', 0)).toEqual(makeEvents(0, 4))
  })

  test('need a lock file only while a handle acquires, and leave none', async () => {
    const [one, two] = [open(), open()]
    await one.list({ limit: 1 })
    expect(lockFiles()).toHaveLength(0)
    await acquire(one, 'r1')
    await acquire(one, 'r2')
    expect(lockFiles()).toHaveLength(1)
    const dead = '00000000-0000-4000-8000-000000000000.lock'
    writeFileSync(join(`${file()}-locks`, dead), '')
    await acquire(two, 'r3')
    expect(lockFiles()).toHaveLength(2)
    expect(lockFiles()).not.toContain(dead)
    await one.close()
    await two.close()
    expect(lockFiles()).toHaveLength(0)
  })

  test('a holder that no lock file can belong to is dead', async () => {
    const [one, two] = [open(), open()]
    await acquire(one, 'r1')
    const database = new DatabaseSync(file())
    database.exec("UPDATE runs SET holder = '../../runs.db'")
    database.close()
    expect(await two.tryAcquire('r1')).not.toBeNull()
    expect(existsSync(file())).toBe(true)
  })
})
