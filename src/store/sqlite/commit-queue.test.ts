import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreError } from '../store.ts'
import { CommitQueue } from './commit-queue.ts'
import { openDatabase } from './open-database.ts'

let folder: string
let path: string
let database: DatabaseSync
let queue: CommitQueue

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-queue-'))
  path = join(folder, 'runs.db')
  database = openDatabase(path)
  database.exec('CREATE TABLE notes (note TEXT PRIMARY KEY)')
  queue = new CommitQueue(database, path)
})

afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Transactions in the write-ahead log: each ends with a frame that names the database's size. */
function countCommits(): number {
  const [headerBytes, frameBytes] = [32, 24 + 1_024]
  const log = readFileSync(`${path}-wal`)
  let commits = 0
  for (let frame = headerBytes; frame < log.length; frame += frameBytes) {
    if (log.readUInt32BE(frame + 4) > 0) commits += 1
  }
  return commits
}

function note(text: string): Promise<string> {
  const work = (): string => {
    database.prepare('INSERT INTO notes VALUES (?)').run(text)
    return text
  }
  return queue.write({ work, sync: false })
}

function notes(): readonly unknown[] {
  const rows = database.prepare('SELECT note FROM notes ORDER BY rowid').all()
  return rows.map((row) => row['note'])
}

function readSync(): unknown {
  return database.prepare('PRAGMA synchronous').get()?.['synchronous']
}

describe('CommitQueue', () => {
  test('commits everything of one turn in one transaction, in order', async () => {
    const before = countCommits()
    const texts = Array.from({ length: 40 }, (_, index) => `note ${index}`)
    expect(await Promise.all(texts.map(note))).toEqual(texts)
    expect(countCommits()).toBe(before + 1)
    expect(notes()).toEqual(texts)
    await note('next turn')
    expect(countCommits()).toBe(before + 2)
  })

  test('goes on without the one that breaks', async () => {
    const asked = ['a', 'b', 'a', 'c'].map(note)
    const settled = await Promise.allSettled(asked)
    expect(settled.map((one) => one.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    await expect(asked[2]).rejects.toMatchObject({ code: 'failed' })
    expect(notes()).toEqual(['a', 'b', 'c'])
  })

  test('takes a StoreError as an answer that leaves the transaction whole', async () => {
    const before = countCommits()
    const refusal = new StoreError('conflict', 'no')
    const refuse = (): never => {
      throw refusal
    }
    const [, refused] = await Promise.allSettled([
      note('a'),
      queue.write({ work: refuse, sync: false }),
      note('b'),
    ])
    expect(refused).toEqual({ status: 'rejected', reason: refusal })
    expect(notes()).toEqual(['a', 'b'])
    expect(countCommits()).toBe(before + 1)
  })

  test('syncs a transaction to disk when one of its writes asks for it, and only then', async () => {
    const [normal, full] = [1, 2]
    expect(await queue.write({ work: readSync, sync: false })).toBe(normal)
    const both = [
      queue.write({ work: readSync, sync: false }),
      queue.write({ work: readSync, sync: true }),
    ]
    expect(await Promise.all(both)).toEqual([full, full])
    expect(await queue.write({ work: readSync, sync: false })).toBe(normal)
  })
})
