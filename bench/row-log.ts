import { DatabaseSync } from 'node:sqlite'
import type { Keep } from './bare-loop.ts'

/** How SQLite syncs its commits: FULL at each, NORMAL at checkpoints. */
export type Synchronous = 'NORMAL' | 'FULL'

export interface RowLog {
  /** Writes one row and commits it. */
  readonly keep: Keep
  readonly close: () => void
}

/** The least durable log there is: one autocommitted row for whatever is kept, in WAL mode. */
export function openRowLog(path: string, synchronous: Synchronous): RowLog {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(`PRAGMA synchronous = ${synchronous}`)
  database.exec('CREATE TABLE rows (seq INTEGER PRIMARY KEY, row TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO rows (row) VALUES (?)')
  return {
    keep: (row) => void insert.run(JSON.stringify(row)),
    close: () => database.close(),
  }
}
