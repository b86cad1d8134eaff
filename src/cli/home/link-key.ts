import { createHash } from 'node:crypto'
import type { LinkKey } from '../../store/artifact/signed-link.ts'
import { homeKey } from './secret-key.ts'
import { UsageError } from '../usage-error.ts'

const VARIABLE = 'LOCKSTEP_LINK_KEY'
const KEY_BYTES = 32

/**
 * What signs links to artifacts: LOCKSTEP_LINK_KEY, else the file `link.key` beside the logs, for its
 * owner's eyes only; made with the first link (Law 17). Its id tells it from others, and nothing else.
 */
export function homeLinkKey(env: Readonly<Record<string, string | undefined>>): LinkKey {
  const given = env[VARIABLE] ?? ''
  const text = (given === '' ? homeKey(env, 'link.key') : given).trim()
  const secret = Buffer.from(text, /^[0-9a-f]{64,}$/i.test(text) ? 'hex' : 'base64')
  if (secret.length < KEY_BYTES) {
    // Never quotes the key itself, however wrong it is.
    const where = given === '' ? 'link.key' : VARIABLE
    throw new UsageError(`${where} has ${secret.length} bytes, and a key has ${KEY_BYTES}`, {
      advice: `\`openssl rand -base64 ${KEY_BYTES}\` makes one`,
    })
  }
  return { id: createHash('sha256').update(secret).digest('hex').slice(0, 12), secret }
}
