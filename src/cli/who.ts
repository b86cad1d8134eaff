import { userInfo } from 'node:os'

/** Who types: LOCKSTEP_USER, else the machine's user; null where neither is known. */
export function who(env: Readonly<Record<string, string | undefined>>): string | null {
  const named = env['LOCKSTEP_USER'] ?? ''
  if (named !== '') return named
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return null
  }
}
