import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/*
 * Tells whether the holder of a lease still lives, with no heartbeat, clock or process id: each holder
 * keeps an empty SQLite file locked, and the operating system drops that lock when its process dies.
 * SQLite does the locking because it alone knows of every descriptor that this process has on the
 * file: closing any other would drop a POSIX lock. So never open a lock file by other means.
 *
 * All three functions must run inside the store's write transaction, one process at a time: otherwise
 * a sweep could delete a file between its creation and its locking.
 */

const EXTENSION = '.lock'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A locked file that proves that its holder lives; `id` is never used twice. */
export interface ProcessLock {
  readonly id: string
  /** Lets go and deletes the file; claims in this id's name are free from then on. */
  release(): void
}

/**
 * Makes and locks a new file in `folder` (created when missing), and deletes those of the dead.
 * Throws what the file system throws.
 */
export function holdProcessLock(folder: string): ProcessLock {
  mkdirSync(folder, { recursive: true })
  sweepDeadLocks(folder)
  const id = randomUUID()
  const path = lockPath(folder, id)
  const file = new DatabaseSync(path, { timeout: 0 })
  lockFile(file)
  const release = (): void => {
    file.close()
    rmSync(path, { force: true })
  }
  return { id, release }
}

/**
 * True while the process that holds `id` lives and has not released it (Law 18). A dead holder's file
 * is deleted, so that asking again is cheap.
 */
export function isProcessLockHeld(folder: string, id: string): boolean {
  const path = lockPath(folder, id)
  if (!UUID.test(id) || !existsSync(path)) return false
  const probe = new DatabaseSync(path, { timeout: 0 })
  try {
    lockFile(probe)
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    probe.close()
  }
  rmSync(path, { force: true })
  return false
}

function sweepDeadLocks(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.endsWith(EXTENSION)) isProcessLockHeld(folder, name.slice(0, -EXTENSION.length))
  }
}

function lockPath(folder: string, id: string): string {
  return join(folder, id + EXTENSION)
}

/** Writes nothing: the journal stays in memory and the file stays empty. */
function lockFile(file: DatabaseSync): void {
  file.exec('PRAGMA journal_mode = MEMORY')
  file.exec('BEGIN EXCLUSIVE')
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
