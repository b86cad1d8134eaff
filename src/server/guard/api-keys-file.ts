import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../core/spec/message-of.ts'
import { keyRecord, keyring, type Keyring, type KeyRecord } from './api-keys.ts'

/*
 * Keys in a file of hashes: JSON, for its owner's eyes only, replaced whole at each change.
 */

const LOOK_EVERY_MS = 1_000
const LOCK_STALE_MS = 10_000
const LOCK_WAIT_MS = 5_000

const keyFile = z.strictObject({ v: z.literal(1), keys: z.array(keyRecord) })

/** A keys file that cannot be used; the message says which and why, and quotes no key. */
export class KeyFileError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'KeyFileError'
  }
}

/** Reads the keys of a file; none where there is no file. Throws a KeyFileError. */
export function readKeys(file: string): readonly KeyRecord[] {
  if (!existsSync(file)) return []
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new KeyFileError(`the keys file ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
  const read = keyFile.safeParse(value)
  if (read.success) return read.data.keys
  const [issue] = read.error.issues
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw new KeyFileError(`the keys file ${file} is not one of ours${where}: ${issue?.message}`)
}

/**
 * Changes the keys of a file: all of the change or none, whoever else changes it at the same time.
 * The file is made when missing, readable by its owner alone. Throws a KeyFileError.
 */
export function changeKeys(
  file: string,
  change: (keys: readonly KeyRecord[]) => readonly KeyRecord[],
): void {
  const path = resolve(file)
  mkdirSync(dirname(path), { recursive: true })
  const unlock = lock(`${path}.lock`)
  try {
    const keys = change(readKeys(path))
    const draft = `${path}.${randomUUID()}.tmp`
    try {
      writeFileSync(draft, `${JSON.stringify({ v: 1, keys }, null, 2)}\n`, {
        mode: 0o600,
        flag: 'wx',
        flush: true,
      })
      renameSync(draft, path)
      syncFolder(dirname(path))
    } catch (cause) {
      rmSync(draft, { force: true })
      throw new KeyFileError(`cannot write ${file}: ${messageOf(cause)}`, { cause })
    }
  } finally {
    unlock()
  }
}

/** Takes a lock file; one that its holder left behind is taken over. */
function lock(path: string): () => void {
  const end = Date.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      closeSync(openSync(path, 'wx', 0o600))
      return () => rmSync(path, { force: true })
    } catch (cause) {
      if (!existsSync(dirname(path)) || Date.now() > end) {
        const message = `${path} is held by somebody else: ${messageOf(cause)}`
        throw new KeyFileError(message, { cause })
      }
    }
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > LOCK_STALE_MS) rmSync(path, { force: true })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
}

/** So that the new name survives a power cut as well. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/**
 * The keyring of a file, which is looked at again when it changes: a key that is revoked there is
 * refused within a second, on every machine that reads it. While it cannot be read `check` throws,
 * so that nobody enters (Law 4).
 */
export function fileKeyring(file: string, now: () => number = Date.now): Keyring {
  let known: { readonly stamp: string; readonly ring: Keyring } | null = null
  let lookedAt = -Infinity
  const ring = (): Keyring => {
    if (known !== null && now() - lookedAt < LOOK_EVERY_MS) return known.ring
    const stamp = stampOf(file)
    if (known?.stamp !== stamp) {
      known = null
      known = { stamp, ring: keyring(readKeys(file), now) }
    }
    lookedAt = now()
    return known.ring
  }
  return { check: (presented) => ring().check(presented), count: () => ring().count() }
}

/** Another file, or another content of it, has another one. */
function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? 'none' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}
