import { dirname, join, relative, resolve } from 'node:path'
import type { OpenArtifacts } from '../../store/artifact/artifact-store.ts'
import { sqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { UsageError } from '../usage-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The file that holds the logs: `lockstep.db` in LOCKSTEP_HOME, by default `.lockstep`. */
export function storeFile(env: Environment): string {
  const home = env['LOCKSTEP_HOME'] ?? ''
  return join(home === '' ? '.lockstep' : home, 'lockstep.db')
}

/** The folder that keeps everything: LOCKSTEP_HOME, by default `.lockstep`. */
export function homeFolder(env: Environment): string {
  return dirname(storeFile(env))
}

/**
 * Opens the store of artifacts that the environment configures, when the first is written or read:
 * `artifacts` in the home folder where it says nothing.
 */
export function homeArtifacts(env: Environment): OpenArtifacts {
  return async () => {
    const { openArtifacts } = await import('../../store/artifact/open-artifacts.ts')
    return openArtifacts(env, homeFolder(env))
  }
}

const POSTGRES = /^postgres(?:ql)?:\/\//

/** True when LOCKSTEP_STORE names a database of Postgres instead of the file. */
export function isOnPostgres(env: Environment): boolean {
  const place = env['LOCKSTEP_STORE'] ?? ''
  if (place === '') return false
  if (POSTGRES.test(place)) return true
  // Not repeated: it may hold a password all the same.
  throw new UsageError(
    'LOCKSTEP_STORE takes postgres://USER:PASSWORD@HOST:5432/DATABASE and nothing else; unset it to use the file',
  )
}

/** Where the logs are, as people read it: never with the user or the password (Law 17). */
export function shownStore(env: Environment): string {
  if (!isOnPostgres(env)) return shownPath(storeFile(env))
  const place = (env['LOCKSTEP_STORE'] ?? '').replace(/\?.*$/s, '')
  return place.replace(/\/\/.*@/s, '//')
}

async function openStore(env: Environment): Promise<Store> {
  if (!isOnPostgres(env)) return sqliteStore(storeFile(env))
  const { postgresStore } = await import('../../store/postgres.ts')
  return postgresStore({ connectionString: env['LOCKSTEP_STORE'] ?? '' })
}

/** A path as people read it: from the working folder, unless it lies outside. */
export function shownPath(file: string): string {
  const path = relative('', file)
  return path === '' || path.startsWith('..') ? resolve(file) : path
}

/** Opens the store for as long as `work` lasts. */
export async function withStore<Result>(
  env: Environment,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore(env)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
