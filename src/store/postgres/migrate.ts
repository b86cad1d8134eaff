import { readdirSync, readFileSync } from 'node:fs'
import type { ClientBase } from 'pg'
import { decodeInteger, decodeText } from '../decode-row.ts'
import { StoreError } from '../store.ts'
import { advisoryKey } from './advisory-key.ts'
import type { Target } from './connection.ts'

/** Where a schema's numbered .sql files are, and its table of those that were applied. */
export interface Migrations {
  readonly folder: URL
  /** Of one kind of schema only: it tells them apart. */
  readonly table: string
}

/** Those of the store. */
export const STORE_MIGRATIONS: Migrations = {
  folder: new URL('./', import.meta.url),
  table: 'migrations',
}

/** What is brought up to date, and by what. */
interface Work extends Migrations {
  readonly target: Target
  readonly files: readonly string[]
}

/** The first with all that the statements use. */
const OLDEST_SERVER = 130_000

/**
 * Brings the schema to what this version knows, made when it is missing; any number of processes may
 * do so at once, and one that is there already needs no right to make any. Throws a StoreError
 * `failed`, and then leaves it as it was, for a schema of a newer version or of something else.
 */
export async function migrate(
  client: ClientBase,
  { target, migrations }: { readonly target: Target; readonly migrations: Migrations },
): Promise<void> {
  const { schema } = target
  const work = { ...migrations, target, files: readMigrations(migrations.folder) }
  await assertServer(client, target)
  if ((await versionOf(client, work)) === work.files.length) return
  await client.query('BEGIN')
  try {
    await client.query('SET LOCAL statement_timeout = 0')
    await client.query('SELECT pg_advisory_xact_lock($1::bigint)', [advisoryKey('migrate', schema)])
    // Again, now that nobody else can change it: another process, even a newer one, may have.
    const version = await versionOf(client, work)
    if (version === null) await makeSchema(client, work)
    await client.query(`SET LOCAL search_path TO "${schema}"`)
    for (const [index, sql] of work.files.entries()) {
      if (index < (version ?? 0)) continue
      await client.query(sql)
      await client.query(`INSERT INTO ${work.table} (version) VALUES ($1)`, [index + 1])
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

async function assertServer(client: ClientBase, { label }: Target): Promise<void> {
  const { rows } = await client.query(
    `SELECT current_setting('server_version_num')::int AS number,
       current_setting('server_version') AS version, current_setting('server_encoding') AS encoding`,
  )
  const row: unknown = rows[0]
  const { number, version, encoding } = decodeServer(row)
  if (number < OLDEST_SERVER) {
    throw new StoreError('failed', `${label}: it is Postgres ${version}; 13 or later is needed`)
  }
  if (encoding !== 'UTF8') {
    const message = `${label}: its encoding is ${encoding}, which cannot hold every text; make a database with ENCODING 'UTF8'`
    throw new StoreError('failed', message)
  }
}

function decodeServer(row: unknown) {
  const columns = { ...(typeof row === 'object' ? row : {}) }
  return {
    number: decodeInteger(columns, 'number'),
    version: decodeText(columns, 'version'),
    encoding: decodeText(columns, 'encoding'),
  }
}

/** The version of our tables; null when there are none yet. */
async function versionOf(client: ClientBase, work: Work): Promise<number | null> {
  const { label, schema } = work.target
  const known = work.files.length
  const tables = await client.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1',
    [schema],
  )
  if (tables.rows.length === 0) return null
  if (!tables.rows.some(({ name }) => name === work.table)) {
    const message = `${label}: the schema ${schema} holds tables of something else; name another`
    throw new StoreError('failed', message)
  }
  const { rows } = await client.query(
    `SELECT coalesce(max(version), 0) AS version FROM "${schema}".${work.table}`,
  )
  const row: unknown = rows[0]
  const version = decodeInteger({ ...(typeof row === 'object' ? row : {}) }, 'version')
  if (version > known) {
    const message = `${label}: a newer version wrote the schema ${schema} (version ${version}; this one knows ${known})`
    throw new StoreError('failed', message)
  }
  return version
}

async function makeSchema(client: ClientBase, { target, table }: Work): Promise<void> {
  const { schema } = target
  // Asked first: CREATE … IF NOT EXISTS needs the right to make one even where there is one.
  const found = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
  if (found.rows.length === 0) await client.query(`CREATE SCHEMA "${schema}"`)
  await client.query(
    `CREATE TABLE "${schema}".${table} (
      version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
  )
}

/** The numbered .sql files of a folder, in order: migration n makes version n of version n - 1. */
function readMigrations(folder: URL): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.toSorted().map((name) => readFileSync(new URL(name, folder), 'utf8'))
}
