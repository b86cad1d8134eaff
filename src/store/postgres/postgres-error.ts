import { DatabaseError } from 'pg'
import { messageOf } from '../../core/spec/message-of.ts'
import { StoreError } from '../store.ts'

/** Codes of Postgres and of sockets that a person can do something about. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens there'],
  ['ENOENT', 'nobody listens there'],
  ['ENOTFOUND', 'there is no such host'],
  ['25006', 'it may only be read; is it a standby?'],
  ['28000', 'it does not let this user in'],
  ['28P01', 'it did not accept the user or the password'],
  ['3D000', 'there is no such database'],
  ['42501', 'this user may not do that; see docs/postgres.md for the rights that it needs'],
  ['53100', 'its disk is full'],
  [
    '53200',
    'it is out of memory for locks; raise max_locks_per_transaction, or drive fewer runs at once',
  ],
  ['53300', 'it has no connection left; raise max_connections, or lower the pool’s max'],
  ['57014', 'a statement took too long'],
])

/** Makes a StoreError of whatever was thrown, naming the database; a StoreError stays as it is. */
export function toStoreError(error: unknown, label: string): StoreError {
  if (error instanceof StoreError) return error
  const said = messageOf(error)
  const meaning = MEANINGS.get(codeOf(error) ?? '')
  const message = meaning === undefined ? said : `${meaning} (${said})`
  return new StoreError('failed', `${label}: ${message}`, { cause: error })
}

/** Somebody else drives the run, or nobody does, or the session that held its lock is gone (Law 18). */
export function leaseLost(run: string, cause?: unknown): StoreError {
  const message = `The lease of run ${run} is not held any more`
  return new StoreError('lease_lost', message, cause === undefined ? {} : { cause })
}

const LOST_SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
/** Lost or refused connections, a server that starts or stops, and lost races. */
const PASSING = /^(?:08...|57P0[123]|53300|40001|40P01)$/
/** What `pg` says of a connection, with no code. */
const SAID_BY_PG = /connection|terminated|not queryable|timeout/i

/**
 * True when trying again on another connection may help. It does not say that nothing was done: the
 * connection may have been lost after the commit.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof StoreError) return false
  const code = codeOf(error)
  if (error instanceof DatabaseError) return PASSING.test(code ?? '')
  if (code !== undefined) return LOST_SOCKET.has(code)
  return error instanceof Error && SAID_BY_PG.test(error.message)
}

/** True when a statement was refused by a server that answers, on a connection that still works. */
export function isAnswered(error: unknown): boolean {
  return error instanceof DatabaseError && !PASSING.test(error.code ?? '')
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
