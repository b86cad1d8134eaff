/*
 * lockstep/sqlite: the embedded store.
 */
export { sqliteMemory } from './store/memory-bank/sqlite-memory.ts'
export type { SqliteMemoryOptions } from './store/memory-bank/sqlite-memory.ts'
export { sqliteStore } from './store/sqlite.ts'
