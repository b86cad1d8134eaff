import { constants, existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { messageOf } from '../../core/spec/message-of.ts'
import { homeFolder, shownPath } from '../home/home.ts'
import { withArtifacts } from './take-version.ts'

/** Whether artifacts can be kept, and where. */
interface ArtifactsFound {
  readonly ok: boolean
  readonly message: string
}

/** A digest that no content has: looking for it asks the store, and changes nothing. */
const NOTHING = `sha256:${'0'.repeat(64)}`

/**
 * Says where artifacts go and whether they can: whether a folder, or where it will be made, may be
 * written; a bucket is asked for what it does not have. Changes nothing and never throws.
 */
export async function lookAtArtifacts(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ArtifactsFound> {
  const given = env['LOCKSTEP_ARTIFACTS'] ?? ''
  const remote = /^[a-z][a-z0-9+.-]+:\/\//i.test(given)
  const folder = given === '' ? join(homeFolder(env), 'artifacts') : given
  // No user or password of an address that is written wrongly.
  const where = remote ? given.replace(/\/\/[^/@]*@/, '//…@') : shownPath(folder)
  try {
    if (!remote) await access(nearest(resolve(folder)), constants.W_OK | constants.X_OK)
    await withArtifacts(env, (store) => store.find(NOTHING, { now: Date.now() }))
    return { ok: true, message: remote ? `${where} answers` : `${where} is writable` }
  } catch (error) {
    const message = messageOf(error)
    return { ok: false, message: message.startsWith(where) ? message : `${where}: ${message}` }
  }
}

/** The folder itself, or where it will be made. */
function nearest(folder: string): string {
  const parent = dirname(folder)
  return existsSync(folder) || parent === folder ? folder : nearest(parent)
}
