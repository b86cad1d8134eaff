import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../../core/spec/message-of.ts'
import { isBusy } from '../../sqlite/sqlite-error.ts'
import { MemoryBankError } from '../memory-bank.ts'

/** Marks the file as a memory of ours: 'Lkmy'. */
const APPLICATION_ID = 0x4c6b6d79

/**
 * Opens or creates the file of a memory, with its folder and the newest schema. What is deleted in it
 * is overwritten. `timeout` is how many milliseconds another process's lock is waited for. Throws a MemoryBankError `failed` for a file that is not ours, is damaged or was
 * written by a newer version.
 */
export function openMemoryDatabase(path: string, timeout: number): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    database = new DatabaseSync(resolve(path), { timeout })
    assertOurs(database, path)
    // For every connection: these are none of the file's own settings. No note gets into a file beside.
    database.exec('PRAGMA secure_delete = ON')
    database.exec('PRAGMA temp_store = MEMORY')
    switchToWal(database, timeout)
    migrate(database, path)
    return database
  } catch (error) {
    database?.close()
    throw toMemoryBankError(error, path)
  }
}

/** Makes a MemoryBankError `failed` of whatever was thrown, naming the file; one stays as it is. */
export function toMemoryBankError(error: unknown, path: string): MemoryBankError {
  if (error instanceof MemoryBankError) return error
  return new MemoryBankError('failed', `${path}: ${messageOf(error)}`, { cause: error })
}

function assertOurs(database: DatabaseSync, path: string): void {
  const tables = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').all().length
  if (tables === 0) return
  if (readPragma(database, 'application_id') !== APPLICATION_ID) {
    throw new MemoryBankError('failed', `${path}: it is a SQLite database of something else`)
  }
  const known = readMigrations().length
  const schema = readPragma(database, 'user_version')
  if (schema <= known) return
  const message = `${path}: a newer version wrote it (schema ${schema}; this one knows ${known})`
  throw new MemoryBankError('failed', message)
}

/** SQLite does not wait for its turn when two processes make this switch at once, so this does. */
function switchToWal(database: DatabaseSync, timeoutMs: number): void {
  const pauseMs = 20
  const clockless = new Int32Array(new SharedArrayBuffer(4))
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || waitedMs >= timeoutMs) throw error
      Atomics.wait(clockless, 0, 0, pauseMs)
    }
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const migrations = readMigrations()
  if (readPragma(database, 'user_version') === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Again, now that nobody else can change it.
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

function readPragma(database: DatabaseSync, name: string): number {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name]
  return typeof value === 'number' ? value : 0
}

/** The numbered .sql files beside this one, in order. */
function readMigrations(): readonly string[] {
  const folder = new URL('./', import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.toSorted().map((name) => readFileSync(new URL(name, folder), 'utf8'))
}
