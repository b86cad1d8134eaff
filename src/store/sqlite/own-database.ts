import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { isBusy } from './sqlite-error.ts'

/*
 * What every SQLite file of ours is opened with: it is looked at before it is touched, shared with
 * other processes, and brought to the newest schema by one of them.
 */

/** A kind of file, and where its numbered migrations are. */
export interface OwnDatabase {
  readonly path: string
  /** Marks the file as one of this kind. */
  readonly applicationId: number
  /** A folder of numbered .sql files: migration n makes schema n of schema n - 1. */
  readonly migrations: URL
  /** Milliseconds that another process's lock is waited for. */
  readonly timeoutMs: number
  /** Makes the error that says why a file is not used. */
  readonly refuse: (message: string) => Error
}

const PAUSE_MS = 20

/** Throws for a file of something else, or of a newer version, and then leaves it as it was. */
export function assertOurs(database: DatabaseSync, own: OwnDatabase): void {
  const tables = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').all().length
  if (tables === 0) return
  if (readPragma(database, 'application_id') !== own.applicationId) {
    throw own.refuse(`${own.path}: it is a SQLite database of something else`)
  }
  const schema = readPragma(database, 'user_version')
  const known = readMigrations(own).length
  if (schema <= known) return
  const message = `${own.path}: a newer version wrote it (schema ${schema}; this one knows ${known})`
  throw own.refuse(message)
}

/**
 * Switches to a write-ahead log and gives the mode that the file then has. SQLite does not wait for
 * its turn when two processes make this switch at once, so this does, for as long as any other lock
 * is waited for.
 */
export function switchToWal(database: DatabaseSync, { timeoutMs }: OwnDatabase): unknown {
  const clockless = new Int32Array(new SharedArrayBuffer(4))
  for (let pause = 0; ; pause += 1) {
    try {
      return database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
    } catch (error) {
      if (!isBusy(error) || pause * PAUSE_MS >= timeoutMs) throw error
      Atomics.wait(clockless, 0, 0, PAUSE_MS)
    }
  }
}

/** Brings the file to the newest schema, in one transaction. */
export function migrate(database: DatabaseSync, own: OwnDatabase): void {
  const migrations = readMigrations(own)
  if (readPragma(database, 'user_version') === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Again, now that nobody else can change it: another process, even a newer one, may have.
    assertOurs(database, own)
    for (const sql of migrations.slice(readPragma(database, 'user_version'))) database.exec(sql)
    database.exec(`PRAGMA application_id = ${own.applicationId}`)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** Reads a number that SQLite keeps in the file's header. */
function readPragma(database: DatabaseSync, name: string): number {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name]
  return typeof value === 'number' ? value : 0
}

function readMigrations({ migrations: folder }: OwnDatabase): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.toSorted().map((name) => readFileSync(new URL(name, folder), 'utf8'))
}
