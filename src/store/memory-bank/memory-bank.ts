import type { RecalledNote } from '../../core/log/memory.ts'

/*
 * The port to memory: notes that outlive the run which kept them (S0.21, S0.23). In: notes with whose
 * they are and where they came from. Out: those that match, newest or best first. No question is asked
 * without a tenant. memory-bank.contract.ts is what every adapter must pass.
 */

/** A note as it is kept. `id` is its keeper's: the same id of a tenant again keeps nothing (Law 11). */
export type MemoryItem = RecalledNote & { readonly tenant: string }

/** A note that was found, and how well it fits; 0 where nothing was looked for. */
export type RecalledItem = MemoryItem & { readonly score: number }

export interface MemoryQuery {
  readonly tenant: string
  /** Whose notes; everybody's of the tenant when left out. */
  readonly record?: string
  /** Words, or a question, in any language: never syntax. The newest notes when left out. */
  readonly query?: string
  /** Milliseconds since 1970, both included. */
  readonly since?: number
  readonly until?: number
  /** 1 to 50. */
  readonly limit: number
}

export interface MemoryListing {
  readonly tenant: string
  readonly record?: string
  /** 1 to 1,000. */
  readonly limit: number
}

/** A record that has notes. */
export interface RecordRow {
  readonly record: string
  readonly notes: number
  /** Of its newest note. */
  readonly at: number
}

/**
 * Keeps notes. Committed means surviving kill -9 (in memory: of nothing). Errors are MemoryBankErrors:
 * `bad_item` and `bad_query` for what is out of bounds, `closed`, `failed`.
 */
export interface MemoryBank {
  /** Keeps all of them or none; gives the ids of those that were not there yet, in order. */
  memorize(items: readonly MemoryItem[]): Promise<readonly string[]>
  /**
   * The notes that match, best first, of two that match alike the newer; without a query the newest.
   * A query without any word finds nothing.
   */
  recall(query: MemoryQuery): Promise<readonly RecalledItem[]>
  /** Notes, newest first, for people to look at. */
  list(listing: MemoryListing): Promise<readonly MemoryItem[]>
  /** The records of a tenant that have notes, the one written to last first; 1,000 at most. */
  records(tenant: string): Promise<readonly RecordRow[]>
  /** Deletes every note of a record, its index and vectors too; gives how many there were. */
  forget(of: { readonly tenant: string; readonly record: string }): Promise<number>
  /** Afterwards everything else is an error `closed`. */
  close(): Promise<void>
}

/** Opens a memory, or hands out the one that is open. */
export type OpenMemory = () => Promise<MemoryBank>

/** Turns texts into vectors, one each, in order. May reject: then words alone decide. */
export type Embed = (texts: readonly string[]) => Promise<readonly (readonly number[])[]>

export type MemoryBankErrorCode = 'bad_item' | 'bad_query' | 'closed' | 'failed'

/** A broken promise of the memory or of its caller; recognise it by `code`. */
export class MemoryBankError extends Error {
  readonly code: MemoryBankErrorCode

  constructor(
    code: MemoryBankErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options)
    this.name = 'MemoryBankError'
    this.code = code
  }
}
