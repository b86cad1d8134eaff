import { readFileSync } from 'node:fs'
import { messageOf } from '../core/spec/message-of.ts'
import { createSigner, type Signer } from '../store/chain/seal.ts'
import { LockstepError } from './lockstep-error.ts'

const VARIABLE = 'LOCKSTEP_SIGNING_KEY'

/**
 * What seals logs: the given key in PEM, else the one in the file that LOCKSTEP_SIGNING_KEY names;
 * undefined for neither. Throws a LockstepError `invalid_key`: a run that should be sealed and cannot
 * be does not start (S1.17).
 */
export function signerOf(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Signer | undefined {
  const path = env[VARIABLE] ?? ''
  if (given === undefined && path === '') return undefined
  try {
    return createSigner(given ?? readFileSync(path, 'utf8'))
  } catch (error) {
    const where = given === undefined ? `${VARIABLE}: ${path}` : '`signingKey`'
    throw new LockstepError('invalid_key', `${where}: ${messageOf(error)}`, { cause: error })
  }
}
