import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store.ts'
import { assertOurs, migrate, switchToWal, type OwnDatabase } from './own-database.ts'
import { toStoreError } from './sqlite-error.ts'

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
  const own: OwnDatabase = {
    path,
    applicationId: APPLICATION_ID,
    migrations: new URL('./', import.meta.url),
    timeoutMs: BUSY_TIMEOUT_MS,
    refuse: (message) => new StoreError('failed', message),
  }
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    database = new DatabaseSync(resolve(path), { timeout: BUSY_TIMEOUT_MS })
    assertOurs(database, own)
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}`)
    if (switchToWal(database, own) !== 'wal') {
      throw own.refuse(`${path}: its file system cannot hold a shared log`)
    }
    database.exec('PRAGMA synchronous = NORMAL')
    database.exec(`PRAGMA wal_autocheckpoint = ${WAL_BYTES / PAGE_BYTES}`)
    migrate(database, own)
    return database
  } catch (error) {
    database?.close()
    throw toStoreError(error, path)
  }
}
