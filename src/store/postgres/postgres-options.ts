import type { PoolConfig } from 'pg'

/** Where a Postgres store is. What is left out comes from PGHOST, PGUSER … as with psql. */
export interface PostgresOptions {
  /** `postgres://USER:PASSWORD@HOST:5432/DATABASE`; never repeated in an error (Law 17). */
  readonly connectionString?: string
  /** Options of `pg`'s pool: `host`, `ssl`, `password` as a function, `max` connections (10) … */
  readonly pool?: PoolConfig
  /** Made when missing; stores with another schema share nothing. */
  readonly schema?: string
  /** After which a statement is given up; 30 s. */
  readonly statementTimeoutMs?: number
}
