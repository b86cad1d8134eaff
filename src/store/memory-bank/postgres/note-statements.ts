import type { Migrations } from '../../postgres/migrate.ts'

/** Every statement of a memory in Postgres; each is prepared once on a connection. */
export interface NoteStatements {
  /** Takes tenants and ids; gives those that are there. */
  readonly known: string
  /** Takes one list a column; gives tenant and id of those that were not there yet. */
  readonly insert: string
  /** Takes tenant, ids. */
  readonly find: string
  /** Those of ranges take tenant, since, until, limit, and the record where there is one. */
  readonly newest: string
  readonly newestOfRecord: string
  readonly vectors: string
  readonly vectorsOfRecord: string
  /** Takes tenant, since, until, limit, the query among whose notes, and that of the words alone. */
  readonly search: string
  readonly records: string
  readonly forget: string
}

/** Those of a memory. */
export const NOTE_MIGRATIONS: Migrations = {
  folder: new URL('./', import.meta.url),
  table: 'memory_migrations',
}

const NOTE = 'tenant, id, record, at, text, source, tags'
const RANGE = 'tenant = $1::text AND at BETWEEN $2::bigint AND $3::bigint'
// Two texts, so that each finds its index.
const OF_RECORD = `${RANGE} AND record = $5::text`
const NEWEST = 'ORDER BY at DESC, key DESC LIMIT $4::bigint'
/** Each place counts less in a longer note: by 1 + the logarithm of its length. */
const BY_LENGTH = 1

/** The statements of a memory whose table is in a schema; `schema` must be a plain name. */
export function noteStatementsIn(schema: string): NoteStatements {
  const notes = `"${schema}".notes`
  return {
    known: `SELECT tenant, id FROM ${notes}
      WHERE (tenant, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
    insert: `INSERT INTO ${notes} (${NOTE}, words, vector)
      SELECT tenant, id, record, at, text, source, nullif(tags, ''), words::tsvector,
        decode(nullif(vector, ''), 'hex')
      FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],
        $7::text[], $8::text[], $9::text[]) WITH ORDINALITY
        AS one (${NOTE}, words, vector, place)
      ORDER BY place ON CONFLICT (tenant, id) DO NOTHING RETURNING tenant, id`,
    find: `SELECT ${NOTE} FROM ${notes} WHERE tenant = $1::text AND id = ANY ($2::text[])`,
    newest: `SELECT ${NOTE} FROM ${notes} WHERE ${RANGE} ${NEWEST}`,
    newestOfRecord: `SELECT ${NOTE} FROM ${notes} WHERE ${OF_RECORD} ${NEWEST}`,
    vectors: `SELECT id, vector FROM ${notes} WHERE ${RANGE} AND vector IS NOT NULL ${NEWEST}`,
    vectorsOfRecord: `SELECT id, vector FROM ${notes}
      WHERE ${OF_RECORD} AND vector IS NOT NULL ${NEWEST}`,
    // IS TRUE: no index has that. Else a tenant's notes may be read by age, and each looked through.
    search: `SELECT ${NOTE}, ts_rank_cd(words, $6::tsquery, ${BY_LENGTH}) AS rank FROM ${notes}
      WHERE words @@ $5::tsquery AND (${RANGE}) IS TRUE
      ORDER BY rank DESC, at DESC, key DESC LIMIT $4::bigint`,
    records: `SELECT record, count(*) AS notes, max(at) AS at FROM ${notes}
      WHERE tenant = $1::text GROUP BY record ORDER BY 3 DESC LIMIT $2::bigint`,
    forget: `WITH gone AS (
        DELETE FROM ${notes} WHERE tenant = $1::text AND record = $2::text RETURNING 1
      ) SELECT count(*) AS notes FROM gone`,
  }
}
