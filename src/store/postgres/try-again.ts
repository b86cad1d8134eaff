import { setTimeout as sleep } from 'node:timers/promises'
import { isPassing } from './postgres-error.ts'

/** Long enough for a connection that was dropped or a server that restarts, not for a failover. */
const PAUSES_MS = [50, 200, 500, 1_000] as const

/**
 * Does `work`, and again after a pause while what stops it may pass: it must come to the same when it
 * is done twice. Rejects with what `work` last rejected with; aborting ends the trying.
 */
export async function tryAgain<Result>(
  work: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (const pause of PAUSES_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error) || signal?.aborted === true) throw error
      await sleep(pause)
    }
  }
  return work()
}
