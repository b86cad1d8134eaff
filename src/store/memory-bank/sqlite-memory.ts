import { MAX_NOTES } from '../../core/spec/memory-spec.ts'
import { wordsOf } from '../../core/spec/words.ts'
import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
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
import { isBusy } from '../sqlite/sqlite-error.ts'
import { openMemoryDatabase, toMemoryBankError } from './sqlite/open-memory-database.ts'
import { prepareMemory, type MemoryStatements } from './sqlite/memory-statements.ts'
import { queryWords } from './words.ts'

const MAX_RECORDS = 1_000
const FOREVER = Number.MAX_SAFE_INTEGER

export interface SqliteMemoryOptions {
  /** Finds notes also by what they mean. */
  readonly embed?: Embed
  /** How long another process's lock is waited for; 5,000. */
  readonly busyTimeoutMs?: number
}

/**
 * Keeps notes in one SQLite file that any number of processes of this machine may share; created with
 * its folder when missing. Words are found by FTS5 (BM25); with `embed` also by meaning. Throws a
 * MemoryBankError `failed` for a file that is damaged or not ours.
 */
export function sqliteMemory(path: string, options: SqliteMemoryOptions = {}): MemoryBank {
  return new SqliteMemory(path, options)
}

class SqliteMemory implements MemoryBank {
  readonly #path: string
  readonly #embed: Embed | undefined
  readonly #database: DatabaseSync
  readonly #statements: MemoryStatements
  #closed = false

  constructor(path: string, { embed, busyTimeoutMs = 5_000 }: SqliteMemoryOptions) {
    this.#path = path
    this.#embed = embed
    this.#database = openMemoryDatabase(path, busyTimeoutMs)
    this.#statements = prepareMemory(this.#database)
  }

  async memorize(items: readonly MemoryItem[]): Promise<readonly string[]> {
    assertItems(items)
    const unknown = this.#try(() =>
      items.filter(({ tenant, id }) => this.#statements.find.get(tenant, id) === undefined),
    )
    const vectors = await vectorsOf(
      this.#embed,
      unknown.map(({ text }) => text),
    )
    return this.#inTransaction(() =>
      unknown.flatMap((item, index) => (this.#add(item, vectors?.[index]) ? [item.id] : [])),
    )
  }

  async recall(query: MemoryQuery): Promise<readonly RecalledItem[]> {
    assertQuery(query)
    const { tenant, record = null, since = 0, until = FOREVER, limit } = query
    const range = [tenant, record, since, until] as const
    if (query.query === undefined) {
      const rows = this.#try(() => this.#statements.newest(record).all(...range, limit))
      return rows.map((row) => ({ ...decodeNote(row), score: 0 }))
    }
    const found = this.#try(() =>
      this.#findWords(query, this.#embed === undefined ? limit : MAX_NOTES),
    )
    const [wanted] = (await vectorsOf(this.#embed, [query.query])) ?? []
    if (wanted === undefined) return found.slice(0, limit)
    const near = this.#try(() => {
      const rows = this.#statements.vectors(record).all(...range, MAX_COMPARED)
      const known = rows.map((row) => [decodeText(row, 'id'), decodeVector(row)] as const)
      return rankByMeaning(wanted, known)
    })
    const notes = new Map(found.map((note) => [note.id, note]))
    for (const id of near) {
      const row = notes.has(id) ? undefined : this.#try(() => this.#statements.find.get(tenant, id))
      if (row !== undefined) notes.set(id, { ...decodeNote(row), score: 0 })
    }
    return together([found.map(({ id }) => id), near], notes).slice(0, limit)
  }

  async list(listing: MemoryListing): Promise<readonly MemoryItem[]> {
    assertListing(listing)
    const { tenant, record = null, limit } = listing
    const rows = this.#try(() =>
      this.#statements.newest(record).all(tenant, record, 0, FOREVER, limit),
    )
    return rows.map(decodeNote)
  }

  async records(tenant: string): Promise<readonly RecordRow[]> {
    assertWhose({ tenant })
    const rows = this.#try(() => this.#statements.records.all(tenant, MAX_RECORDS))
    return rows.map((row) => ({
      record: decodeText(row, 'record'),
      notes: decodeNumber(row, 'notes'),
      at: decodeNumber(row, 'at'),
    }))
  }

  async forget(of: { readonly tenant: string; readonly record: string }): Promise<number> {
    assertWhose(of)
    const { tenant, record } = of
    const { unindex, dropVectors, dropNotes, tidy } = this.#statements
    const gone = this.#inTransaction(() => {
      unindex.run(tenant, record)
      dropVectors.run(tenant, record)
      const { changes } = dropNotes.run(tenant, record)
      // Also where a word only marks the beginning of a page of the index.
      if (changes > 0) tidy.run()
      return Number(changes)
    })
    // Also of what an earlier try could not overwrite.
    this.#overwrite()
    return gone
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#database.close()
  }

  /** True where it was not there yet. */
  #add(item: MemoryItem, vector: Float32Array | undefined): boolean {
    const { tenant, id, record, at, text, source, tags } = item
    const words = [text, ...(tags ?? [])].flatMap(wordsOf).join(' ')
    const place = `${placeOf(tenant)} ${placeOf(tenant, record)}`
    const labels = tags === undefined ? null : JSON.stringify(tags)
    const note = [tenant, id, record, at, text, JSON.stringify(source), labels, words, place]
    const row = this.#statements.insert.get(...note)
    if (row === undefined) return false
    const key = decodeNumber(row, 'key')
    this.#statements.index.run(key, words, place)
    if (vector !== undefined) {
      this.#statements.insertVector.run(key, new Uint8Array(vector.buffer))
    }
    return true
  }

  #findWords(query: MemoryQuery, limit: number): readonly RecalledItem[] {
    const { tenant, record, since = 0, until = FOREVER } = query
    const words = queryWords(query.query ?? '')
    if (words.length === 0) return []
    const place = record === undefined ? placeOf(tenant) : placeOf(tenant, record)
    // Words are letters and digits alone, and quoted all the same: a query is never syntax.
    const match = `place : "${place}" AND words : (${words.map((word) => `"${word}"`).join(' OR ')})`
    const rows: readonly Row[] = this.#statements.search.all(match, tenant, since, until, limit)
    return rows.map((row) => ({ ...decodeNote(row), score: -decodeNumber(row, 'rank') }))
  }

  /**
   * What was deleted may still stand in unused parts of pages, and in the write-ahead log: the file is
   * written anew, and the log cut off.
   */
  #overwrite(): void {
    const busy = this.#try(() => {
      try {
        this.#database.exec('VACUUM')
        return this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] !== 0
      } catch (error) {
        if (isBusy(error)) return true
        throw error
      }
    })
    if (!busy) return
    const message = `${this.#path}: the notes are deleted, but another process was using the file, so that it may still hold their bytes; forget the record again`
    throw new MemoryBankError('failed', message)
  }

  #inTransaction<Result>(work: () => Result): Result {
    return this.#try(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.#database.exec('COMMIT')
        return result
      } catch (error) {
        this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  #try<Result>(work: () => Result): Result {
    if (this.#closed) throw new MemoryBankError('closed', 'the memory is closed')
    try {
      return work()
    } catch (error) {
      throw toMemoryBankError(error, this.#path)
    }
  }
}

/** One word of the index that names a tenant, or a record of it. */
function placeOf(...names: readonly string[]): string {
  return `x${createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 32)}`
}
