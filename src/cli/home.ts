import { dirname, join, relative, resolve } from 'node:path'
import type { OpenArtifacts } from '../store/artifact/artifact-store.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'

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
 * `artifacts` in the home folder where it says nothing (S4.24).
 */
export function homeArtifacts(env: Environment): OpenArtifacts {
  return async () => {
    const { openArtifacts } = await import('../store/artifact/open-artifacts.ts')
    return openArtifacts(env, homeFolder(env))
  }
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
  const store = sqliteStore(storeFile(env))
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
