import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
import type { CallModel } from '../../core/decide/effect.ts'
import type { Event } from '../../core/log/event.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import type { Run } from '../../drive/run.ts'
import type { ResumeOptions } from '../../drive/runtime-options.ts'
import { StoreError } from '../../store/store.ts'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { keptRuns, ownRun, type KeptRuns } from './kept-runs.ts'
import { expectedHead, waitSeconds } from './preconditions.ts'
import { toDetail, toEtag, toSummary } from './run-view.ts'

/*
 * Driving a run for a request: what was asked is in the log before the answer (or the request failed
 * and nothing was written); the rest goes on behind it, and parks when the server stops.
 */

/** How a request goes on with a run that is there. */
export interface GoOn {
  readonly run: string
  readonly act: (run: Run) => Promise<RunRecord>
  readonly resume?: Pick<ResumeOptions, 'model' | 'migrate'>
  /** The event that says that it was not taken: the caller is told why, and it stays in the log. */
  readonly refusal?: 'approval.refused' | 'rewind.refused'
}

/** Goes on with the caller's run under the preconditions of the request, and answers with how it stands. */
export async function goOn(
  server: ServerContext,
  c: Context<ServerEnv>,
  { run: id, act, resume = {}, refusal }: GoOn,
): Promise<Response> {
  const kept = keptRuns(server)
  const row = await ownRun(kept, { caller: c.get('caller'), run: id })
  const expected = expectedHead(c, row)
  const registered = server.workflows.get(row.workflow)
  const ears = listen(kept, id)
  const run = await kept.runtime.open(id, {
    ...resume,
    ...ears.options,
    ...(expected === undefined ? {} : { expected }),
    // What is loaded already need not be loaded again; another definition is for `migrate` to take on.
    ...(registered !== undefined &&
    (resume.migrate === true || registered.plan.digest === row.digest)
      ? { workflow: registered }
      : {}),
  })
  const done = act(run)
  const first = ears.first.then((events) => assertTaken(events, refusal))
  return answer(kept, c, { run: id, done, first })
}

/** What a driver of this process is given, and the first events that it commits. */
interface Ears {
  readonly options: Required<Pick<ResumeOptions, 'signal' | 'onEvents' | 'onText'>>
  readonly first: Promise<readonly Event[]>
}

/** Hands a run's events on to its readers. */
export function listen({ feeds, background }: KeptRuns, run: string): Ears {
  const { promise: first, resolve } = Promise.withResolvers<readonly Event[]>()
  return {
    first,
    options: {
      signal: background.signal,
      onEvents(events) {
        feeds.offer(run, events)
        resolve(events)
      },
      onText: (delta: string, effect: CallModel) => feeds.text(run, { delta, effect }),
    },
  }
}

/**
 * Answers once what was asked is committed: 202, or 200 with the record where the run rests within the
 * `Prefer: wait` of the request. Rejects with what kept it from being written.
 */
export async function answer(
  { store, background }: KeptRuns,
  c: Context<ServerEnv>,
  under: {
    readonly run: string
    readonly done: Promise<RunRecord>
    readonly first: Promise<unknown>
  },
): Promise<Response> {
  const { run, done, first } = under
  background.track(done)
  await Promise.race([first, done])
  const seconds = waitSeconds(c)
  const isDone = seconds > 0 && (await within(done, seconds * 1_000))
  const row = await store.find(run)
  if (row === null) throw new StoreError('unknown_run', `There is no run ${run}`)
  if (seconds > 0) c.header('Preference-Applied', `wait=${seconds}`)
  c.header('Location', placeOf(c, run))
  if (!isDone) {
    c.header('ETag', toEtag(row.head))
    return c.json(toSummary(row), 202)
  }
  const detail = await toDetail(store, row)
  c.header('ETag', toEtag(detail.head))
  return c.json(detail, 200)
}

/** Where a run is found, under the prefix under which the request came. */
export function placeOf(c: Context, run: string): string {
  return c.req.path.replace(/\/runs(?:\/.*)?$/, `/runs/${encodeURIComponent(run)}`)
}

/** True once the drive has ended; a failure after the first commit is the log's to tell. */
async function within(done: Promise<unknown>, ms: number): Promise<boolean> {
  const ended = done.then(
    () => true,
    () => true,
  )
  const stop = new AbortController()
  const late = sleep(ms, false, { signal: stop.signal }).catch(() => false)
  const isDone = await Promise.race([ended, late])
  stop.abort()
  return isDone
}

/** A word that the kernel did not take is in the log, and the caller is told why (Law 8). */
function assertTaken(events: readonly Event[], refusal: GoOn['refusal']): void {
  for (const event of events) {
    if (event.type !== refusal) continue
    const what =
      event.type === 'approval.refused' ? 'the answer does not count' : 'it cannot go back'
    const code = event.type.replace('.', '_')
    throw new ApiError('conflict_error', `${what}: ${event.reason}`, { code })
  }
}
