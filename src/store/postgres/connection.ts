import { Client, types, type ClientBase, type PoolConfig } from 'pg'
import { messageOf } from '../../core/spec/message-of.ts'
import { StoreError } from '../store.ts'
import type { PostgresOptions } from './postgres-options.ts'

/** Where a store is, and how its connections are made. */
export interface Target {
  readonly config: PoolConfig
  readonly schema: string
  readonly statementTimeoutMs: number
  /** Names the database in errors: host, port and database, never the user or a password (Law 17). */
  readonly label: string
}

/** The first part is what is left of Postgres's 63 bytes for names that are made of it. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,47}$/
const ADDRESS = /^(?:postgres(?:ql)?:\/\/|socket:|\/)/
const DEFAULT_SCHEMA = 'lockstep'
const STATEMENT_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000
/** The server gives up first, and says what it gave up; this is for servers that cannot. */
const SILENCE_MS = 5_000
const KEEP_ALIVE_AFTER_MS = 10_000

/**
 * Reads the options of a store; nothing is connected yet. Throws a StoreError `failed` for what
 * cannot be a connection; it never repeats a connection string, for that holds a password.
 */
export function toTarget(options: PostgresOptions): Target {
  const { connectionString, pool = {}, schema = DEFAULT_SCHEMA } = options
  if (!SCHEMA.test(schema)) {
    const legal = 'lower-case letters, digits and _, at most 48, with no digit first'
    throw new StoreError(
      'failed',
      `The schema ${JSON.stringify(schema)} is no legal name: ${legal}`,
    )
  }
  if (connectionString !== undefined && !ADDRESS.test(connectionString)) throw unreadable()
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
  const config: PoolConfig = {
    application_name: 'lockstep',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    ...pool,
    ...(connectionString === undefined ? {} : { connectionString }),
    query_timeout: statementTimeoutMs + SILENCE_MS,
    types: { getTypeParser: parserOf },
    verify: (client, done) => void settleInPool(client, { statementTimeoutMs, done }),
  }
  return { config, schema, statementTimeoutMs, label: labelOf(config) }
}

/**
 * Makes what the store relies on true of a new session, whatever the server's or the role's defaults
 * are: a commit is on disk (Law 5), statements see what was committed before they began, and end.
 */
async function settle(client: ClientBase, statementTimeoutMs: number): Promise<void> {
  await client.query(
    `SET synchronous_commit = on; SET default_transaction_isolation = 'read committed';
     SET statement_timeout = ${statementTimeoutMs};
     SET idle_in_transaction_session_timeout = ${statementTimeoutMs}`,
  )
}

/** The pool takes a callback for it. */
async function settleInPool(
  client: ClientBase,
  options: { readonly statementTimeoutMs: number; readonly done: (error?: Error) => void },
): Promise<void> {
  let failure: Error | undefined
  try {
    await settle(client, options.statementTimeoutMs)
  } catch (error) {
    failure = error instanceof Error ? error : new Error(messageOf(error))
  }
  options.done(failure)
}

/** A connection of its own, outside the pool, that is settled as the pool's are. */
export async function connect(target: Target): Promise<Client> {
  const client = new Client(target.config)
  // Before anything can go wrong: an error that nobody hears ends the process.
  client.on('error', () => {})
  try {
    await client.connect()
    await settle(client, target.statementTimeoutMs)
    return client
  } catch (error) {
    void client.end().catch(() => {})
    throw error
  }
}

/** Postgres writes int8 as text; all of ours fit a number, and are checked where they are read. */
const INT8: number = types.builtins.INT8

const parserOf: typeof types.getTypeParser = (
  oid: number,
  format?: string,
): ((text: string) => unknown) =>
  oid === INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, 'text')

function labelOf(config: PoolConfig): string {
  try {
    const { host, port, database } = new Client(config)
    return `Postgres ${host.startsWith('/') ? host : `${host}:${port}`}, database ${database ?? ''}`
  } catch (error) {
    // No cause: it may carry the connection string.
    if (messageOf(error) === 'Invalid URL') throw unreadable()
    throw new StoreError('failed', `The options for Postgres are wrong: ${messageOf(error)}`)
  }
}

function unreadable(): StoreError {
  return new StoreError(
    'failed',
    'The connection string for Postgres cannot be read; it should look like postgres://USER:PASSWORD@HOST:5432/DATABASE',
  )
}
