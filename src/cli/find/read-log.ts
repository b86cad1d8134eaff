import type { Event } from '../../core/log/event.ts'
import { upcast } from '../../core/log/upcast.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { Store } from '../../store/store.ts'

/** Reads a whole log, without its definition. Throws a LockstepError `newer_log`. */
export async function readLog(store: Store, run: string): Promise<readonly Event[]> {
  const stored = await store.read(run, 0)
  return stored.map((event) => {
    const read = upcast(event)
    if (!read.ok) throw new LockstepError('newer_log', read.message)
    return read.event
  })
}
