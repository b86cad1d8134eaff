import type { Context } from 'hono'
import type { RunRow } from '../../store/store.ts'
import { ApiError } from '../api-error.ts'
import { ownsRun, type Caller, type ServerContext, type ServerEnv } from '../server-context.ts'
import { keptRuns, type KeptRuns } from './kept-runs.ts'
import { readQuery } from './read-request.ts'
import { listQuery } from './run-bodies.ts'
import { toSummary } from './run-view.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/** GET /runs: the tenant's runs, newest first, page by page; what begins in between is on no later page. */
export async function listRuns(server: ServerContext, c: Context<ServerEnv>): Promise<Response> {
  const kept = keptRuns(server)
  const query = readQuery(c, listQuery)
  const limit = readLimit(query.limit, { most: MAX_LIMIT, otherwise: DEFAULT_LIMIT })
  const caller = c.get('caller')
  const before = query.cursor === undefined ? null : await readCursor(kept, caller, query.cursor)
  const rows = await kept.store.list({
    limit: limit + 1,
    prefix: `${caller.tenant}~`,
    ...(before === null ? {} : { before }),
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return c.json({
    object: 'list',
    data: page.map(toSummary),
    has_more: hasMore,
    next_cursor: hasMore ? toCursor(last) : null,
  })
}

/** Reads a page's size; throws an ApiError 400 where it is out of bounds. */
export function readLimit(
  given: string | undefined,
  { most, otherwise }: { readonly most: number; readonly otherwise: number },
): number {
  const limit = given === undefined ? otherwise : Number(given)
  if (limit >= 1 && limit <= most) return limit
  throw new ApiError('invalid_request_error', `limit: expected 1 to ${most}`, {
    code: 'invalid_value',
    param: 'limit',
  })
}

function toCursor({ run }: RunRow): string {
  return Buffer.from(run).toString('base64url')
}

async function readCursor({ store }: KeptRuns, caller: Caller, cursor: string): Promise<RunRow> {
  const run = Buffer.from(cursor, 'base64url').toString()
  const row = ownsRun(caller, run) ? await store.find(run) : null
  if (row !== null) return row
  const message = 'cursor: expected the `next_cursor` of a page of yours'
  throw new ApiError('invalid_request_error', message, { code: 'invalid_value', param: 'cursor' })
}
