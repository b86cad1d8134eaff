import { randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { homeFolder } from './home.ts'

const KEY_BYTES = 32

/**
 * What encrypts the secrets of runs where LOCKSTEP_SECRET_KEY does not: the file `secret.key` beside
 * the logs, for its owner's eyes only; made when the first workflow needs one (Law 17).
 */
export function homeSecretKey(env: Readonly<Record<string, string | undefined>>): () => string {
  return () => homeKey(env, 'secret.key')
}

/** Reads a key of 32 bytes in base64 from a file beside the logs; the first time it is made there. */
export function homeKey(
  env: Readonly<Record<string, string | undefined>>,
  file: 'secret.key' | 'link.key' | 'continuation.key',
): string {
  const path = join(homeFolder(env), file)
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  createKey(path)
  return readFileSync(path, 'utf8')
}

/** Appears whole or not at all, and never in the place of another. */
function createKey(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${randomUUID()}.tmp`
  writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
}

function hasCode(error: unknown, code: 'ENOENT' | 'EEXIST'): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
