import type { ConnectionOptions } from 'node:tls'

/** What is handed to `pg`'s pool as it is; of `pg`'s own names, so that its documentation applies. */
interface PoolOptions {
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly user?: string
  /** A function is asked for each connection, for passwords that expire. */
  readonly password?: string | (() => string | Promise<string>)
  readonly ssl?: boolean | ConnectionOptions
  /** Connections at most, beside that of the locks and that of what watches; 10. */
  readonly max?: number
  readonly idleTimeoutMillis?: number
  readonly connectionTimeoutMillis?: number
  readonly application_name?: string
}

/** Where a Postgres store is. What is left out comes from PGHOST, PGUSER … as with psql. */
export interface PostgresOptions {
  /** `postgres://USER:PASSWORD@HOST:5432/DATABASE`; never repeated in an error (Law 17). */
  readonly connectionString?: string
  readonly pool?: PoolOptions
  /** Made when missing; stores with another schema share nothing. */
  readonly schema?: string
  /** After which a statement is given up; 30 s. */
  readonly statementTimeoutMs?: number
}
