import { MAX_NOTES } from '../../core/spec/memory-spec.ts'
import { toTarget } from '../postgres/connection.ts'
import { Database, type Ask, type Values } from '../postgres/database.ts'
import type { PostgresOptions } from '../postgres/postgres-options.ts'
import { StoreError } from '../store.ts'
import { decodeNote, decodeNumber, decodeText, decodeVector, type Row } from './decode-note.ts'
import { MAX_COMPARED, rankByMeaning, together, vectorsOf } from './meaning.ts'
import {
  MemoryBankError,
  type Embed,
  type MemoryBank,
  type MemoryItem,
  type MemoryListing,
  type MemoryQuery,
  type RecalledItem,
  type RecordRow,
} from './memory-bank.ts'
import { assertItems, assertListing, assertQuery, assertWhose } from './memory-limits.ts'
import {
  NOTE_MIGRATIONS,
  noteStatementsIn,
  type NoteStatements,
} from './postgres/note-statements.ts'
import { toPlaceQuery, toWordIndex, toWordQuery } from './postgres/word-index.ts'
import { queryWords } from './words.ts'

const MAX_RECORDS = 1_000
const FOREVER = Number.MAX_SAFE_INTEGER
/** Beside that of the store: a schema holds one of them. */
const DEFAULT_SCHEMA = 'lockstep_memory'

/** Where a memory is; `schema` is `lockstep_memory` when left out, and not that of a store. */
export interface PostgresMemoryOptions extends PostgresOptions {
  /** Finds notes also by what they mean. */
  readonly embed?: Embed
}

/**
 * Keeps notes in a Postgres database that any number of machines may share (S0.21, S0.23). Nothing is
 * connected before the first call, which also brings the schema to this version. Words are found by a
 * GIN index and ranked by `ts_rank_cd`; with `embed` notes are also found by meaning. `forget` deletes
 * rows; what the server keeps of them, and for how long, is in docs/memory.md. A call whose answer was
 * lost is done again and then finds its own work done: it may give fewer ids, or fewer notes forgotten,
 * than it made. Throws a MemoryBankError `failed` for options that cannot be; close it, for it keeps its
 * process alive.
 */
export function postgresMemory(options: PostgresMemoryOptions = {}): MemoryBank {
  return new PostgresMemory(options)
}

class PostgresMemory implements MemoryBank {
  readonly #embed: Embed | undefined
  readonly #database: Database<keyof NoteStatements>

  constructor({ embed, ...options }: PostgresMemoryOptions) {
    this.#embed = embed
    try {
      const target = toTarget({ schema: DEFAULT_SCHEMA, ...options })
      const statements = noteStatementsIn(target.schema)
      this.#database = new Database(target, { statements, migrations: NOTE_MIGRATIONS })
    } catch (error) {
      throw toMemoryBankError(error)
    }
  }

  async memorize(items: readonly MemoryItem[]): Promise<readonly string[]> {
    assertItems(items)
    const unknown = this.#embed === undefined ? items : await this.#unknown(items)
    const texts = unknown.map(({ text }) => text)
    const vectors = await vectorsOf(this.#embed, texts)
    const rows = await this.#rows('insert', toColumns(unknown, vectors))
    const added = toKeys(rows)
    // In the order of the items, each once.
    return unknown.filter((item) => added.delete(keyOf(item))).map(({ id }) => id)
  }

  async recall(query: MemoryQuery): Promise<readonly RecalledItem[]> {
    assertQuery(query)
    const { tenant, limit } = query
    if (query.query === undefined) {
      const rows = await this.#newest(query)
      return rows.map((row) => ({ ...toNote(row), score: 0 }))
    }
    const found = await this.#findWords(query, this.#embed === undefined ? limit : MAX_NOTES)
    const [wanted] = (await vectorsOf(this.#embed, [query.query])) ?? []
    if (wanted === undefined) return found.slice(0, limit)
    const near = await this.#findMeaning(query, wanted)
    const notes = new Map(found.map((note) => [note.id, note]))
    const others = near.filter((id) => !notes.has(id))
    const rows = others.length === 0 ? [] : await this.#rows('find', [tenant, others])
    for (const row of rows) notes.set(decodeText(row, 'id'), { ...toNote(row), score: 0 })
    return together([found.map(({ id }) => id), near], notes).slice(0, limit)
  }

  async list(listing: MemoryListing): Promise<readonly MemoryItem[]> {
    assertListing(listing)
    return (await this.#newest(listing)).map(toNote)
  }

  async records(tenant: string): Promise<readonly RecordRow[]> {
    assertWhose({ tenant })
    const rows = await this.#rows('records', [tenant, MAX_RECORDS])
    return rows.map((row) => ({
      record: decodeText(row, 'record'),
      notes: decodeNumber(row, 'notes'),
      at: decodeNumber(row, 'at'),
    }))
  }

  async forget(of: { readonly tenant: string; readonly record: string }): Promise<number> {
    assertWhose(of)
    const [row = {}] = await this.#rows('forget', [of.tenant, of.record])
    return decodeNumber(row, 'notes')
  }

  close(): Promise<void> {
    return this.#database.close(() => Promise.resolve())
  }

  #newest(range: Omit<MemoryQuery, 'query'>): Promise<readonly Row[]> {
    const { record } = range
    return record === undefined
      ? this.#rows('newest', rangeOf(range))
      : this.#rows('newestOfRecord', [...rangeOf(range), record])
  }

  async #findWords(query: MemoryQuery, limit: number): Promise<readonly RecalledItem[]> {
    const words = queryWords(query.query ?? '')
    if (words.length === 0) return []
    const queries = [toPlaceQuery(words, query), toWordQuery(words)]
    const rows = await this.#rows('search', [...rangeOf({ ...query, limit }), ...queries])
    return rows.map((row) => ({ ...toNote(row), score: decodeNumber(row, 'rank') }))
  }

  async #findMeaning(query: MemoryQuery, wanted: Float32Array): Promise<readonly string[]> {
    const { record } = query
    const range = rangeOf({ ...query, limit: MAX_COMPARED })
    const rows = await (record === undefined
      ? this.#rows('vectors', range)
      : this.#rows('vectorsOfRecord', [...range, record]))
    const known = rows.map((row) => [decodeText(row, 'id'), decodeVector(row)] as const)
    return rankByMeaning(wanted, known)
  }

  /** So that no text is embedded for nothing. */
  async #unknown(items: readonly MemoryItem[]): Promise<readonly MemoryItem[]> {
    const tenants = items.map(({ tenant }) => tenant)
    const ids = items.map(({ id }) => id)
    const known = toKeys(await this.#rows('known', [tenants, ids]))
    return items.filter((item) => !known.has(keyOf(item)))
  }

  /** Every statement of a memory comes to the same when it is run twice. */
  async #rows(...question: Parameters<Ask<keyof NoteStatements>>): Promise<readonly Row[]> {
    try {
      return await this.#database.repeatable((ask) => ask(...question))
    } catch (error) {
      throw toMemoryBankError(error)
    }
  }
}

function rangeOf(range: Omit<MemoryQuery, 'query'>): Values {
  const { tenant, since = 0, until = FOREVER, limit } = range
  return [tenant, whole(Math.ceil(since)), whole(Math.floor(until)), limit]
}

/** What a bigint holds. */
function whole(time: number): number {
  return Math.min(Math.max(time, -FOREVER), FOREVER)
}

function toColumns(
  items: readonly MemoryItem[],
  vectors: readonly Float32Array[] | null,
): readonly (readonly string[])[] {
  const column = (value: (item: MemoryItem, index: number) => string): readonly string[] =>
    items.map(value)
  return [
    column(({ tenant }) => tenant),
    column(({ id }) => id),
    column(({ record }) => record),
    column(({ at }) => String(at)),
    column(({ text }) => JSON.stringify(text)),
    column(({ source }) => JSON.stringify(source)),
    column(({ tags }) => (tags === undefined ? '' : JSON.stringify(tags))),
    column(({ text, tags = [], ...whose }) => toWordIndex([text, ...tags], whose)),
    column((_, index) => toHex(vectors?.[index])),
  ]
}

function toHex(vector: Float32Array | undefined): string {
  if (vector === undefined) return ''
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('hex')
}

function toNote(row: Row): MemoryItem {
  return decodeNote({ ...row, text: decodeJsonText(row) })
}

/** Whatever is no text is left for decodeNote to refuse. */
function decodeJsonText(row: Row): unknown {
  try {
    return JSON.parse(decodeText(row, 'text'))
  } catch {
    return null
  }
}

function keyOf({ tenant, id }: Pick<MemoryItem, 'tenant' | 'id'>): string {
  return JSON.stringify([tenant, id])
}

function toKeys(rows: readonly Row[]): Set<string> {
  return new Set(
    rows.map((row) => keyOf({ tenant: decodeText(row, 'tenant'), id: decodeText(row, 'id') })),
  )
}

function toMemoryBankError(error: unknown): MemoryBankError {
  if (error instanceof MemoryBankError) return error
  if (!(error instanceof StoreError)) throw error
  if (error.code === 'closed') return new MemoryBankError('closed', 'the memory is closed')
  return new MemoryBankError('failed', error.message, { cause: error })
}
