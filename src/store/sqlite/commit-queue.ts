import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../store.ts'
import { toStoreError } from './sqlite-error.ts'

/** Something to write. */
export interface Write<Result> {
  /**
   * Runs inside a transaction that it shares with others, perhaps twice. A StoreError that it throws,
   * but `failed`, is an answer and must leave nothing written; other errors undo the transaction.
   */
  readonly work: () => Result
  /** True when it must survive a power cut. */
  readonly sync: boolean
}

interface Job {
  readonly sync: boolean
  /** Does the work and returns what tells its caller, to be used after the commit. */
  readonly attempt: () => () => void
  readonly reject: (error: StoreError) => void
}

/**
 * Commits everything that is asked for in one turn of the event loop in one transaction, in order
 * (group commit): a thousand runs share one sync of the disk. One that fails takes nobody with it.
 */
export class CommitQueue {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #jobs: Job[] = []
  #full = false

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
  }

  /** Resolves with what `work` returned, once that is committed; else rejects with a StoreError. */
  write<Result>(write: Write<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const attempt = (): (() => void) => {
      try {
        const result = write.work()
        return () => resolve(result)
      } catch (error) {
        if (error instanceof StoreError && error.code !== 'failed') return () => reject(error)
        throw error
      }
    }
    this.#jobs.push({ sync: write.sync, attempt, reject })
    if (this.#jobs.length === 1) setImmediate(() => this.flush())
    return promise
  }

  /** Commits now what is waiting. */
  flush(): void {
    const jobs = this.#jobs
    this.#jobs = []
    if (jobs.length > 0) this.#transact(jobs)
  }

  #transact(jobs: readonly Job[]): void {
    let settle: readonly (() => void)[] | undefined
    try {
      this.#setSync(jobs.some((job) => job.sync))
      this.#begin.run()
      settle = this.#attemptAll(jobs)
      if (settle) this.#commit.run()
    } catch (error) {
      this.#rollBack()
      const failure = toStoreError(error, this.#path)
      for (const job of jobs) job.reject(failure)
      return
    }
    if (settle) for (const tell of settle) tell()
    else for (const job of jobs) this.#transact([job])
  }

  /** Undefined when one of several broke the transaction: then each has to go alone. */
  #attemptAll(jobs: readonly Job[]): readonly (() => void)[] | undefined {
    try {
      return jobs.map((job) => job.attempt())
    } catch (error) {
      if (jobs.length === 1) throw error
      this.#rollBack()
      return undefined
    }
  }

  #rollBack(): void {
    // Of a database that was closed meanwhile nothing is left to take back.
    if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }

  /** SQLite takes this only between transactions, and it costs a compilation: so only on a change. */
  #setSync(full: boolean): void {
    if (full === this.#full) return
    this.#database.exec(`PRAGMA synchronous = ${full ? 'FULL' : 'NORMAL'}`)
    this.#full = full
  }
}
