import type { Context } from 'hono'
import type { RunRow } from '../../store/store.ts'
import { ApiError } from '../api-error.ts'
import { toEtag } from './run-view.ts'

/*
 * What the headers of a request make it depend on: `If-Match`, `If-None-Match`, `Prefer: wait`.
 */

const MAX_WAIT_SECONDS = 60

/** True where the caller has the run as it is: the answer is 304. */
export function isUnchanged(c: Context, { head }: RunRow): boolean {
  const given = c.req.header('if-none-match')
  return given !== undefined && names(given, head)
}

/**
 * The number of the last event that the run must still have when it goes on; undefined where the
 * caller does not care. Throws an ApiError `head_moved` (412) where it has others already.
 */
export function expectedHead(c: Context, { run, head }: RunRow): number | undefined {
  const given = c.req.header('if-match')
  if (given === undefined || given.trim() === '*') return undefined
  if (names(given, head)) return head
  const message = `run ${run} is at ${toEtag(head)} and your If-Match says ${JSON.stringify(given.slice(0, 100))}: look at it again`
  throw new ApiError('precondition_error', message, { code: 'head_moved', param: 'If-Match' })
}

function names(given: string, head: number): boolean {
  const tags = given.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(toEtag(head))
}

/** How long the answer may wait for the run to rest, in seconds; 0 where it should not. */
export function waitSeconds(c: Context): number {
  const [, given] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(c.req.header('prefer') ?? '') ?? []
  return given === undefined ? 0 : Math.min(Number(given), MAX_WAIT_SECONDS)
}
