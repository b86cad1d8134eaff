import type { Context } from 'hono'
import type { RunRow } from '../../store/store.ts'
import { ApiError } from '../api-error.ts'
import { ownsRun, type Caller, type ServerContext, type ServerEnv } from '../server-context.ts'
import { keptRuns, type KeptRuns } from './kept-runs.ts'
import { readQuery } from './read-request.ts'
import { listQuery, type ListQuery } from './run-bodies.ts'
import { statusOf } from './run-status.ts'
import { toSummary } from './run-view.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/** Rows that one request looks at: a page of rare ones may be short, and then says where to go on. */
const MAX_LOOKED_AT = 2_000
const PAGE = 200

/** GET /runs: the tenant's runs, newest first, page by page; what begins in between is on no later page. */
export async function listRuns(server: ServerContext, c: Context<ServerEnv>): Promise<Response> {
  const kept = keptRuns(server)
  const query = readQuery(c, listQuery)
  const limit = readLimit(query.limit, { most: MAX_LIMIT, otherwise: DEFAULT_LIMIT })
  const caller = c.get('caller')
  const before = query.cursor === undefined ? null : await readCursor(kept, caller, query.cursor)
  const prefix = `${caller.tenant}~`
  const { rows, next } = await collect(kept, { query, prefix, limit, before })
  return c.json({
    object: 'list',
    data: rows.map(toSummary),
    has_more: next !== null,
    next_cursor: next === null ? null : toCursor(next),
  })
}

/** The rows of a page, and the last one that was looked at where there may be more. */
async function collect(
  { store }: KeptRuns,
  on: {
    readonly query: ListQuery
    readonly prefix: string
    readonly limit: number
    readonly before: RunRow | null
  },
): Promise<{ readonly rows: readonly RunRow[]; readonly next: RunRow | null }> {
  const { query, prefix, limit } = on
  const isFiltered = [query.status, query.reason, query.workflow].some((each) => each !== undefined)
  const size = isFiltered ? PAGE : limit + 1
  const rows: RunRow[] = []
  let last = on.before
  for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT; lookedAt += size) {
    const before = last === null ? {} : { before: last }
    const page = await store.list({ limit: size, prefix, ...before })
    for (const row of page) {
      if (isWanted(query, row)) {
        if (rows.length === limit) return { rows, next: last }
        rows.push(row)
      }
      last = row
    }
    if (page.length < size) return { rows, next: null }
  }
  return { rows, next: last }
}

function isWanted({ status, reason, workflow }: ListQuery, row: RunRow): boolean {
  return (
    (status === undefined || status === statusOf(row.reason)) &&
    (reason === undefined || reason === row.reason) &&
    (workflow === undefined || workflow === row.workflow)
  )
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
