/*
 * lockstep/postgres: the store and the memory of several machines.
 */
export { postgresStore } from './store/postgres.ts'
export type { PostgresOptions } from './store/postgres/postgres-options.ts'
export { postgresMemory } from './store/memory-bank/postgres-memory.ts'
export type { PostgresMemoryOptions } from './store/memory-bank/postgres-memory.ts'
