import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../../core/spec/message-of.ts'
import { assertOurs, migrate, switchToWal, type OwnDatabase } from '../../sqlite/own-database.ts'
import { MemoryBankError } from '../memory-bank.ts'

/** Marks the file as a memory of ours: 'Lkmy'. */
const APPLICATION_ID = 0x4c6b6d79

/**
 * Opens or creates the file of a memory, with its folder and the newest schema. What is deleted in it
 * is overwritten. `timeout` is how many milliseconds another process's lock is waited for. Throws a
 * MemoryBankError `failed` for a file that is not ours, is damaged or was written by a newer version.
 */
export function openMemoryDatabase(path: string, timeout: number): DatabaseSync {
  const own: OwnDatabase = {
    path,
    applicationId: APPLICATION_ID,
    migrations: new URL('./', import.meta.url),
    timeoutMs: timeout,
    refuse: (message) => new MemoryBankError('failed', message),
  }
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    database = new DatabaseSync(resolve(path), { timeout })
    assertOurs(database, own)
    // For every connection: these are none of the file's own settings. No note gets into a file beside.
    database.exec('PRAGMA secure_delete = ON')
    database.exec('PRAGMA temp_store = MEMORY')
    switchToWal(database, own)
    migrate(database, own)
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
