/*
 * lockstep/sqlite: the embedded store.
 */
export { sqliteStore } from './store/sqlite.ts'
