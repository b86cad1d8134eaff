import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store.ts'
import { isBusy, toStoreError } from './sqlite-error.ts'

const BUSY_TIMEOUT_MS = 5_000
/** Marks the file as ours: 'Lkst'. */
const APPLICATION_ID = 0x4c6b7374
/** A commit writes whole pages, most of them little changed: small ones write half as much as 4 KB. */
const PAGE_BYTES = 1_024
const WAL_BYTES = 4 * 1_024 * 1_024

/**
 * Opens or creates the database at `path`, with its folder, in WAL mode and with the newest schema;
 * any number of processes may do so at once. Throws a StoreError `failed` for a file that is damaged,
 * is not ours, or was written by a newer version, and then leaves the file as it was.
 */
export function openDatabase(path: string): DatabaseSync {
  if (path === '' || path === ':memory:') {
    throw new StoreError('failed', 'A SQLite store needs a file; for none use memoryStore()')
  }
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    database = new DatabaseSync(resolve(path), { timeout: BUSY_TIMEOUT_MS })
    assertOurs(database, path)
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}`)
    switchToWal(database, path)
    database.exec('PRAGMA synchronous = NORMAL')
    database.exec(`PRAGMA wal_autocheckpoint = ${WAL_BYTES / PAGE_BYTES}`)
    migrate(database, path)
    return database
  } catch (error) {
    database?.close()
    throw toStoreError(error, path)
  }
}

/** Reads a number that SQLite keeps in the file's header. */
function readPragma(database: DatabaseSync, name: string): number {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name]
  return typeof value === 'number' ? value : 0
}

function assertOurs(database: DatabaseSync, path: string): void {
  const tables = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').all().length
  if (tables === 0) return
  if (readPragma(database, 'application_id') !== APPLICATION_ID) {
    throw new StoreError('failed', `${path}: it is a SQLite database of something else`)
  }
  const schema = readPragma(database, 'user_version')
  const known = readMigrations().length
  if (schema > known) {
    throw new StoreError(
      'failed',
      `${path}: a newer version wrote it (schema ${schema}; this one knows ${known})`,
    )
  }
}

/**
 * SQLite does not wait for its turn when two processes make this switch at once, so this does, for
 * as long as any other lock is waited for.
 */
function switchToWal(database: DatabaseSync, path: string): void {
  const pauseMs = 20
  const clockless = new Int32Array(new SharedArrayBuffer(4))
  for (let pause = 0; ; pause += 1) {
    try {
      const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
      if (mode === 'wal') return
      throw new StoreError('failed', `${path}: its file system cannot hold a shared log`)
    } catch (error) {
      if (!isBusy(error) || pause * pauseMs >= BUSY_TIMEOUT_MS) throw error
      Atomics.wait(clockless, 0, 0, pauseMs)
    }
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const migrations = readMigrations()
  if (readPragma(database, 'user_version') === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Again, now that nobody else can change it: another process, even a newer one, may have.
    assertOurs(database, path)
    for (const sql of migrations.slice(readPragma(database, 'user_version'))) database.exec(sql)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** The numbered .sql files beside this one, in order: migration n makes schema n of schema n - 1. */
function readMigrations(): readonly string[] {
  const folder = new URL('./', import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.toSorted().map((name) => readFileSync(new URL(name, folder), 'utf8'))
}
