import type { Context } from 'hono'
import { ApiError } from '../../api-error.ts'
import type { ServerContext, ServerEnv } from '../../server-context.ts'
import { eventStream, isDone, type Until } from './event-stream.ts'
import { keptRuns, logOf, ownRun, type KeptRuns } from '../kept-runs.ts'
import { readLimit } from '../list-runs.ts'
import { readQuery } from '../read-request.ts'
import { eventsQuery } from '../run-bodies.ts'

/*
 * A run's log, read from outside: by pages, or as a stream that goes on as the run does. Either way
 * what a reader has is named by one number, and what it gets next begins right after that.
 */

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000

/** GET /runs/ID/events: a page of JSON, or server-sent events where the request asks for them. */
export async function runEvents(
  server: ServerContext,
  c: Context<ServerEnv>,
  run: string,
): Promise<Response> {
  const kept = keptRuns(server)
  const row = await ownRun(kept, { caller: c.get('caller'), run })
  const query = readQuery(c, eventsQuery)
  const lastId = c.req.header('last-event-id')
  const after = readAfter(lastId ?? query.after)
  const accepts = c.req.header('accept')?.includes('text/event-stream') === true
  if (query.stream === undefined ? accepts : query.stream === 'true') {
    const { until = 'end', text } = query
    return stream(kept, c, {
      run,
      after,
      until,
      text: text === 'true',
      again: lastId !== undefined,
    })
  }
  const limit = readLimit(query.limit, { most: MAX_LIMIT, otherwise: DEFAULT_LIMIT })
  const events = (await logOf(kept.store, row.run)).slice(after)
  const data = events.slice(0, limit)
  return c.json({
    object: 'list',
    data,
    has_more: events.length > data.length,
    next_after: data.at(-1)?.seq ?? after,
  })
}

async function stream(
  { feeds }: KeptRuns,
  c: Context<ServerEnv>,
  wanted: {
    readonly run: string
    readonly after: number
    readonly until: Until
    readonly text: boolean
    /** True for a reader that was here before. */
    readonly again: boolean
  },
): Promise<Response> {
  const { run, after, until, text, again } = wanted
  const { feed, leave } = feeds.join(run)
  try {
    await feed.ready
    const known = feed.frames.length
    if (after > known) {
      throw invalidAfter(`the run has ${known} events, and you ask for those after ${after}`)
    }
    if (again && after === known && isDone(feed, until)) {
      leave()
      // The one answer after which a browser's EventSource does not come back.
      return c.body(null, 204)
    }
    c.header('Content-Type', 'text/event-stream; charset=utf-8')
    c.header('Cache-Control', 'no-store, no-transform')
    // Proxies that collect what they are sent would keep it from the reader.
    c.header('X-Accel-Buffering', 'no')
    // Nobody would ever read or cancel the body of a HEAD.
    if (c.req.method === 'HEAD') {
      leave()
      return c.body(null)
    }
    return c.body(eventStream({ feed, after, until, text, leave }))
  } catch (error) {
    leave()
    throw error
  }
}

function readAfter(given: string | undefined): number {
  if (given === undefined || given === '') return 0
  if (/^\d{1,15}$/.test(given)) return Number(given)
  throw invalidAfter('expected the number of an event: the `id` of the last one that you have')
}

function invalidAfter(message: string): ApiError {
  return new ApiError('invalid_request_error', `after: ${message}`, {
    code: 'invalid_value',
    param: 'after',
  })
}
