import { StoreError, type Append } from './store.ts'

/**
 * Checks what a store relies on: at least one event, `seq` from expected + 1 without gaps. Throws a
 * StoreError `failed`, before anything is written; every adapter calls it first.
 */
export function assertAppend(append: Append): void {
  const { events, expected, lease } = append
  if (events.length === 0) {
    throw new StoreError('failed', `An append to run ${lease.run} carries no event`)
  }
  for (const [index, event] of events.entries()) {
    const seq = expected + index + 1
    if (event.seq !== seq) {
      throw new StoreError(
        'failed',
        `An append to run ${lease.run} has event ${event.seq} where ${seq} belongs`,
      )
    }
  }
}
