import { createHash } from 'node:crypto'

/**
 * The 64 bits that an advisory lock is named by, in decimal: a hash of what it stands for, parted by
 * what cannot occur in it. Two things with one key would only wait for each other: a lock is never
 * all that protects.
 */
export function advisoryKey(...parts: readonly string[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(['lockstep', ...parts]))
    .digest()
  return digest.readBigInt64BE(0).toString()
}
