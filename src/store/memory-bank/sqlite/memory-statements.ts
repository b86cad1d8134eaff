import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** The statements of a memory in SQLite, each prepared once. */
export interface MemoryStatements {
  readonly find: StatementSync
  readonly insert: StatementSync
  readonly index: StatementSync
  readonly insertVector: StatementSync
  /** Takes tenant, record, since, until, limit. */
  readonly newest: (record: string | null) => StatementSync
  readonly search: StatementSync
  readonly vectors: (record: string | null) => StatementSync
  readonly records: StatementSync
  readonly unindex: StatementSync
  readonly dropVectors: StatementSync
  readonly dropNotes: StatementSync
  readonly tidy: StatementSync
}

interface Ranged {
  readonly newest: StatementSync
  readonly vectors: StatementSync
}

const NOTE = 'notes.tenant, notes.id, notes.record, notes.at, notes.text, notes.source, notes.tags'
// Two texts, so that each finds its index.
const OF_ONE = 'tenant = ?1 AND record = ?2 AND at BETWEEN ?3 AND ?4'
const OF_ALL = 'tenant = ?1 AND ?2 IS NULL AND at BETWEEN ?3 AND ?4'
const OF_RECORD = 'WHERE tenant = ?1 AND record = ?2'

/** Prepares them; throws what SQLite throws where the schema is not ours. */
export function prepareMemory(database: DatabaseSync): MemoryStatements {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  const within = (range: string): Ranged => ({
    newest: prepare(`SELECT ${NOTE} FROM notes WHERE ${range} ORDER BY at DESC, key DESC LIMIT ?5`),
    vectors: prepare(
      `SELECT notes.id, vectors.vector FROM notes JOIN vectors USING (key)
       WHERE ${range} ORDER BY at DESC, key DESC LIMIT ?5`,
    ),
  })
  const ofOne = within(OF_ONE)
  const ofAll = within(OF_ALL)
  return {
    find: prepare(`SELECT ${NOTE} FROM notes WHERE tenant = ? AND id = ?`),
    insert: prepare(
      `INSERT INTO notes (tenant, id, record, at, text, source, tags, words, place)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING RETURNING key`,
    ),
    index: prepare('INSERT INTO note_words (rowid, words, place) VALUES (?, ?, ?)'),
    insertVector: prepare('INSERT INTO vectors (key, vector) VALUES (?, ?)'),
    newest: (record) => (record === null ? ofAll.newest : ofOne.newest),
    // CROSS: the index is asked once; else it would be once for each note of the tenant.
    search: prepare(
      `SELECT ${NOTE}, bm25(note_words, 1.0, 0.0) AS rank
       FROM note_words CROSS JOIN notes ON notes.key = note_words.rowid
       WHERE note_words MATCH ?1 AND notes.tenant = ?2 AND notes.at BETWEEN ?3 AND ?4
       ORDER BY rank, notes.at DESC, notes.key DESC LIMIT ?5`,
    ),
    vectors: (record) => (record === null ? ofAll.vectors : ofOne.vectors),
    records: prepare(
      `SELECT record, count(*) AS notes, max(at) AS at FROM notes
       WHERE tenant = ? GROUP BY record ORDER BY 3 DESC LIMIT ?`,
    ),
    unindex: prepare(
      `INSERT INTO note_words (note_words, rowid, words, place)
       SELECT 'delete', key, words, place FROM notes ${OF_RECORD}`,
    ),
    dropVectors: prepare(`DELETE FROM vectors WHERE key IN (SELECT key FROM notes ${OF_RECORD})`),
    dropNotes: prepare(`DELETE FROM notes ${OF_RECORD}`),
    tidy: prepare("INSERT INTO note_words (note_words) VALUES ('optimize')"),
  }
}
