import { createHash, randomUUID } from 'node:crypto'
import type { Store } from '../../store/store.ts'
import { invalid, type Continued } from './continuation.ts'

/**
 * Uses up a continuation that holds its own log, where there is a store to remember that: of two who
 * send the same one, on whatever machines, one goes on and the other is refused. Called once all else
 * is known to be good, so that a request with a slip in it costs no continuation. Throws an ApiError
 * `invalid_conversation_signature`.
 */
export async function useOnce(
  token: string,
  on: { readonly store: Store | undefined; readonly continued: Continued },
): Promise<void> {
  const { store, continued } = on
  // One whose log is in the store is used up by that: the log has gone on.
  if (store === undefined || continued.events === null) return
  const family = `${continued.tenant}~continuations`
  const key = createHash('sha256').update(token).digest('hex')
  const places = [{ gate: 'continuation', key, calls: 1 }]
  const taken = await store.claim({ family, run: family, call: randomUUID(), places })
  if (taken !== null) throw invalid()
}
