/*
 * lockstep/postgres: the store of several machines.
 */
export { postgresStore } from './store/postgres.ts'
export type { PostgresOptions } from './store/postgres/postgres-options.ts'
