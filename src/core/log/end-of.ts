import type { Rest } from './branch.ts'
import type { State } from './state.ts'

/** Reasons that somebody outside can let a run or a sub-run go on from; every other ends it. */
export const WAITING: ReadonlySet<string> = new Set([
  'needs_client',
  'needs_input',
  'needs_approval',
  'tool_in_doubt',
  'expired',
])

/**
 * Why the run has ended; null while it may go on. That somebody wishes to go back changes nothing of
 * it until the way back begins.
 */
export function endOf({ rest, rewind }: Pick<State, 'rest' | 'rewind'>): Rest | null {
  const wished = rewind !== null && rewind.position === null ? rewind.before.rest : null
  const now = wished ?? rest
  return now === null || WAITING.has(now.reason) ? null : now
}
