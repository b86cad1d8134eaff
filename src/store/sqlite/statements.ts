import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Every statement that the store runs, compiled once when it opens. */
export interface Statements {
  readonly findClaim: StatementSync
  readonly insertClaim: StatementSync
  readonly updateClaim: StatementSync
  readonly dropClaim: StatementSync
  readonly dropUnbegun: StatementSync
  readonly readPlace: StatementSync
  readonly begin: StatementSync
  readonly advance: StatementSync
  readonly insertEvent: StatementSync
  readonly readEvents: StatementSync
  readonly readChain: StatementSync
  readonly insertSeal: StatementSync
  readonly readSeals: StatementSync
  readonly listRuns: StatementSync
  readonly findRun: StatementSync
  readonly requestCancel: StatementSync
  readonly cancelRequested: StatementSync
  readonly countPlaces: StatementSync
  readonly takePlace: StatementSync
  readonly releasePlaces: StatementSync
  readonly insertDefinition: StatementSync
  readonly loadDefinition: StatementSync
  readonly insertSecret: StatementSync
  readonly readSecrets: StatementSync
}

const RUN_COLUMNS = 'run, head, workflow, digest, source, reason, step, created_at, updated_at'

const HEAD = `head = ?, hash = ?, workflow = ?, digest = ?, source = ?, reason = ?, step = ?, updated_at = ?,
  cancel_requested = CASE WHEN ? IN ('cancelled', 'completed') THEN 0 ELSE cancel_requested END`

/** The head moves only from where it is expected and only under its holder: the fence of Law 18. */
const FENCE = 'WHERE key = ? AND head = ? AND holder = ? RETURNING cancel_requested'

/** Compiles them; the schema must be the newest. */
export function prepareStatements(database: DatabaseSync): Statements {
  return {
    findClaim: database.prepare('SELECT key, holder FROM runs WHERE run = ?'),
    insertClaim: database.prepare(
      'INSERT INTO runs (run, head, holder) VALUES (?, 0, ?) RETURNING key',
    ),
    updateClaim: database.prepare('UPDATE runs SET holder = ? WHERE key = ?'),
    dropClaim: database.prepare('UPDATE runs SET holder = NULL WHERE key = ? AND holder = ?'),
    dropUnbegun: database.prepare('DELETE FROM runs WHERE key = ? AND holder = ? AND head = 0'),
    readPlace: database.prepare('SELECT head, hash, holder FROM runs WHERE key = ?'),
    begin: database.prepare(`UPDATE runs SET ${HEAD}, created_at = ? ${FENCE}`),
    advance: database.prepare(`UPDATE runs SET ${HEAD} ${FENCE}`),
    insertEvent: database.prepare('INSERT INTO events (run, seq, event, hash) VALUES (?, ?, ?, ?)'),
    readEvents: database.prepare(
      `SELECT seq, event FROM events
       WHERE run = (SELECT key FROM runs WHERE run = ?) AND seq > ? ORDER BY seq`,
    ),
    // One statement, so that it is one moment: another process may append in between two.
    readChain: database.prepare(
      `SELECT runs.head, runs.hash AS head_hash, chained_from, seq, event, events.hash AS hash
       FROM runs LEFT JOIN events ON events.run = runs.key
       WHERE runs.run = ? AND runs.head > 0 ORDER BY seq`,
    ),
    insertSeal: database.prepare(
      `INSERT INTO seals (run, seq, hash, signature, public_key) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    readSeals: database.prepare('SELECT * FROM seals WHERE run = ? ORDER BY seq'),
    listRuns: database.prepare(
      `SELECT ${RUN_COLUMNS} FROM runs
       WHERE (created_at, key) < (?, (SELECT key FROM runs WHERE run = ?))
         AND substr(run, 1, length(?)) = ?
       ORDER BY created_at DESC, key DESC LIMIT ?`,
    ),
    findRun: database.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE run = ? AND head > 0`),
    requestCancel: database.prepare(
      `UPDATE runs SET cancel_requested = coalesce(reason, '') NOT IN ('cancelled', 'completed')
        WHERE run = ? AND head > 0`,
    ),
    cancelRequested: database.prepare('SELECT cancel_requested FROM runs WHERE run = ?'),
    countPlaces: database.prepare(
      `SELECT count(*) AS taken FROM places
       WHERE family = ? AND gate = ? AND key = ? AND NOT (run = ? AND call = ?)`,
    ),
    takePlace: database.prepare(
      'INSERT INTO places (family, gate, key, run, call) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    releasePlaces: database.prepare('DELETE FROM places WHERE family = ? AND run = ? AND call = ?'),
    insertDefinition: database.prepare(
      'INSERT INTO definitions (digest, definition) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    loadDefinition: database.prepare('SELECT definition FROM definitions WHERE digest = ?'),
    insertSecret: database.prepare(
      'INSERT INTO secrets (run, reference, box) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    readSecrets: database.prepare('SELECT run, reference, box FROM secrets WHERE run = ?'),
  }
}
