import type { Event } from '../../core/log/event.ts'
import { upcast } from '../../core/log/upcast.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { Runtime } from '../../drive/runtime.ts'
import type { RunRow, Store } from '../../store/store.ts'
import { ApiError } from '../api-error.ts'
import { createBackground, type Background } from '../background.ts'
import { ownsRun, type Caller, type ServerContext } from '../server-context.ts'
import { createRunFeeds, type RunFeeds } from './feed/run-feeds.ts'

/** What the routes of stored runs work with. */
export interface KeptRuns {
  readonly runtime: Runtime
  readonly store: Store
  readonly feeds: RunFeeds
  readonly background: Background
}

const known = new WeakMap<ServerContext, KeptRuns>()

/**
 * The stored runs of a server, the same at each call, however often its routes are mounted. Throws an
 * ApiError `no_store` where it keeps none.
 */
export function keptRuns(server: ServerContext): KeptRuns {
  const found = known.get(server)
  if (found !== undefined) return found
  const { stored, store, background = createBackground() } = server
  if (stored === null || store === undefined) {
    const message = 'this server keeps no runs: it was started without a store'
    throw new ApiError('not_found_error', message, { code: 'no_store' })
  }
  const feeds = createRunFeeds(store, { signal: background.signal })
  const kept = { runtime: stored, store, feeds, background }
  known.set(server, kept)
  return kept
}

/** The caller's run; whatever is not theirs does not exist for them (404). */
export async function ownRun(
  { store }: Pick<KeptRuns, 'store'>,
  given: { readonly caller: Caller; readonly run: string },
): Promise<RunRow> {
  const { caller, run } = given
  const row = ownsRun(caller, run) ? await store.find(run) : null
  if (row === null) throw noRun(run)
  return row
}

function noRun(run: string): ApiError {
  // Whatever was in the address is quoted, and cut.
  const message = `there is no run ${JSON.stringify(run.slice(0, 100))}; GET /runs lists yours`
  return new ApiError('not_found_error', message, { code: 'not_found', param: 'run' })
}

/** A run's whole log. */
export async function logOf(store: Store, run: string): Promise<readonly Event[]> {
  return (await store.read(run, 0)).map((stored) => {
    const read = upcast(stored)
    if (!read.ok) throw new LockstepError('newer_log', read.message)
    return read.event
  })
}
