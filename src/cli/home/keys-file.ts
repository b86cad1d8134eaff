import { join } from 'node:path'
import { homeFolder } from './home.ts'

/** Where the keys of a server are: the file that is given, LOCKSTEP_KEYS, or `keys.json` beside the logs. */
export function keysFile(
  env: Readonly<Record<string, string | undefined>>,
  given?: string,
): string {
  if (given !== undefined) return given
  const named = env['LOCKSTEP_KEYS'] ?? ''
  return named === '' ? join(homeFolder(env), 'keys.json') : named
}
