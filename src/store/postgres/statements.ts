/** Every statement that the store runs; each is prepared once on a connection. */
export interface Statements {
  readonly append: string
  readonly acquire: string
  readonly release: string
  readonly unlock: string
  readonly unlockAll: string
  readonly notify: string
  readonly readPlace: string
  readonly readHeads: string
  readonly readEvents: string
  readonly readChain: string
  readonly readSeals: string
  readonly listRuns: string
  readonly findRun: string
  readonly requestCancel: string
  readonly cancelRequested: string
  readonly countPlaces: string
  readonly takePlace: string
  readonly releasePlaces: string
  readonly insertDefinition: string
  readonly loadDefinition: string
  readonly insertSecret: string
  readonly readSecrets: string
}

const RUN_COLUMNS = 'run, head, workflow, digest, source, reason, step, created_at, updated_at'
const OVER = `('cancelled', 'completed')`

/** What moves a head and writes its events: one statement, so one transaction and one round trip. */
function appendIn(schema: string): string {
  return `WITH moved AS (
    UPDATE "${schema}".runs SET head = $4::bigint, hash = decode($5::text, 'hex'), workflow = $6::text,
      digest = $7::text, source = $8::text, reason = $9::text, step = $10::text,
      created_at = coalesce(created_at, $11::bigint), updated_at = $12::bigint,
      cancel_requested = cancel_requested AND coalesce($9::text, '') NOT IN ${OVER}
    WHERE key = $1::bigint AND head = $2::bigint AND holder = $3::text
    RETURNING key, run, cancel_requested
  ), written AS (
    INSERT INTO "${schema}".events (run, seq, event, hash)
    SELECT moved.key, $2::bigint + one.at, one.event, decode(one.hash, 'hex')
    FROM moved, unnest($13::text[], $14::text[]) WITH ORDINALITY AS one (event, hash, at)
  ), sealed AS (
    INSERT INTO "${schema}".seals (run, seq, hash, signature, public_key)
    SELECT run, $4::bigint, decode($5::text, 'hex'), $15::text, $16::text
    FROM moved WHERE $15::text IS NOT NULL
    ON CONFLICT DO NOTHING
  ) SELECT cancel_requested::int AS cancel_requested FROM moved`
}

/** What a lease takes: the lock first, and only with it the token. */
function acquireIn(schema: string): string {
  return `WITH locked AS MATERIALIZED (SELECT pg_try_advisory_lock($1::bigint) AS ok)
    INSERT INTO "${schema}".runs (run, head, holder)
    SELECT $2::text, 0, $3::text FROM locked WHERE ok
    ON CONFLICT (run) DO UPDATE SET holder = excluded.holder
    RETURNING key, head, hash`
}

/** The statements of a store whose tables are in a schema; `schema` must be a plain name. */
export function statementsIn(schema: string): Statements {
  return {
    append: appendIn(schema),
    acquire: acquireIn(schema),
    release: `WITH gone AS (
        DELETE FROM "${schema}".runs WHERE key = $2::bigint AND holder = $3::text AND head = 0
      ) SELECT pg_advisory_unlock($1::bigint) AS ok`,
    unlock: 'SELECT pg_advisory_unlock($1::bigint) AS ok',
    unlockAll: 'SELECT pg_advisory_unlock_all()',
    notify: 'SELECT pg_notify($1::text, one) FROM unnest($2::text[]) AS one',
    readPlace: `SELECT head, hash, holder, cancel_requested::int AS cancel_requested
      FROM "${schema}".runs WHERE key = $1::bigint`,
    readHeads: `SELECT run, head FROM "${schema}".runs WHERE run = ANY ($1::text[])`,
    readEvents: `SELECT seq, event FROM "${schema}".events
      WHERE run = (SELECT key FROM "${schema}".runs WHERE run = $1::text) AND seq > $2::bigint
      ORDER BY seq`,
    // One statement, so that it is one moment: another process may append in between two.
    readChain: `SELECT runs.head, runs.hash AS head_hash, 1 AS chained_from, seq, event, events.hash AS hash
      FROM "${schema}".runs LEFT JOIN "${schema}".events ON events.run = runs.key
      WHERE runs.run = $1::text AND runs.head > 0 ORDER BY seq`,
    readSeals: `SELECT run, seq, hash, signature, public_key FROM "${schema}".seals
      WHERE run = $1::text ORDER BY seq`,
    listRuns: `SELECT ${RUN_COLUMNS} FROM "${schema}".runs
      WHERE (created_at, key) < ($1::bigint, (SELECT key FROM "${schema}".runs WHERE run = $2::text))
        AND starts_with(run, $3::text)
      ORDER BY created_at DESC, key DESC LIMIT $4::bigint`,
    findRun: `SELECT ${RUN_COLUMNS} FROM "${schema}".runs WHERE run = $1::text AND head > 0`,
    requestCancel: `UPDATE "${schema}".runs
      SET cancel_requested = coalesce(reason, '') NOT IN ${OVER}
      WHERE run = $1::text AND head > 0 RETURNING key`,
    cancelRequested: `SELECT cancel_requested::int AS cancel_requested
      FROM "${schema}".runs WHERE run = $1::text`,
    countPlaces: `SELECT count(*) AS taken FROM "${schema}".places
      WHERE family = $1::text AND gate = $2::text AND key_hash = $3::bytea
        AND NOT (run = $4::text AND call = $5::text)`,
    takePlace: `INSERT INTO "${schema}".places (family, gate, key_hash, run, call, key)
      VALUES ($1::text, $2::text, $3::bytea, $4::text, $5::text, $6::text) ON CONFLICT DO NOTHING`,
    releasePlaces: `DELETE FROM "${schema}".places
      WHERE family = $1::text AND run = $2::text AND call = $3::text`,
    insertDefinition: `INSERT INTO "${schema}".definitions (digest, definition)
      VALUES ($1::text, $2::text) ON CONFLICT DO NOTHING`,
    loadDefinition: `SELECT definition FROM "${schema}".definitions WHERE digest = $1::text`,
    insertSecret: `INSERT INTO "${schema}".secrets (run, reference, box)
      VALUES ($1::text, $2::text, $3::bytea) ON CONFLICT DO NOTHING`,
    readSecrets: `SELECT run, reference, box FROM "${schema}".secrets
      WHERE run = $1::text ORDER BY reference`,
  }
}
