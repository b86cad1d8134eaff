import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../core/spec/message-of.ts'
import { homeFolder, shownPath } from './home.ts'
import { withArtifacts } from './take-version.ts'

/** Whether artifacts can be kept, and where. */
interface ArtifactsFound {
  readonly ok: boolean
  readonly message: string
}

/** A digest that no content has: looking for it asks the store, and changes nothing. */
const NOTHING = `sha256:${'0'.repeat(64)}`

/**
 * Says where artifacts go and whether they can: a folder is tried for writing, a bucket is asked for
 * what it does not have. Never throws.
 */
export async function lookAtArtifacts(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ArtifactsFound> {
  const given = env['LOCKSTEP_ARTIFACTS'] ?? ''
  const bucket = /^s3:\/\//i.test(given)
  const folder = given === '' ? join(homeFolder(env), 'artifacts') : given
  const where = bucket ? given : shownPath(folder)
  try {
    if (!bucket) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await access(folder, constants.W_OK | constants.X_OK)
    }
    await withArtifacts(env, (store) => store.find(NOTHING, { now: Date.now() }))
    return { ok: true, message: bucket ? `${where} answers` : `${where} is writable` }
  } catch (error) {
    const message = messageOf(error)
    return { ok: false, message: message.startsWith(where) ? message : `${where}: ${message}` }
  }
}
