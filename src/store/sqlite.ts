import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Event } from '../core/log/event.ts'
import { assertAppend } from './assert-append.ts'
import { chainOnto, chainStart, toLink, type Link } from './chain/chain.ts'
import { holdProcessLock, isProcessLockHeld, type ProcessLock } from './process-lock.ts'
import type { LogEnd, Seal } from './chain/seal.ts'
import { CommitQueue } from './sqlite/commit-queue.ts'
import {
  decodeChain,
  decodeEvent,
  decodeHexOrNull,
  decodeInteger,
  decodeRunRow,
  decodeSeal,
  decodeSecret,
  decodeText,
  decodeTextOrNull,
} from './decode-row.ts'
import { openDatabase } from './sqlite/open-database.ts'
import { leaseLost, toStoreError } from './sqlite/sqlite-error.ts'
import { prepareStatements, type Statements } from './sqlite/statements.ts'
import { takePlaces } from './sqlite/take-places.ts'
import {
  StoreError,
  type Append,
  type Appended,
  type ChainedLog,
  type Claim,
  type KeptSecret,
  type Lease,
  type Place,
  type RunQuery,
  type RunRow,
  type Store,
} from './store.ts'

/** A lease that is held: the run's key in `runs`, and where its log ended when this last wrote. */
interface Held {
  readonly key: number
  end: LogEnd | null
}

/**
 * Keeps logs in one SQLite file that any number of processes of this machine may share; created with
 * its folder when missing. Commits survive kill -9, synced ones a power cut (Law 5); all that is
 * appended in one turn of the event loop is committed together. A lease dies with its process or
 * with `close` (Law 18): the folder `<path>-locks` tells who lives. Throws a StoreError `failed` for
 * a file that is damaged, is not ours or was written by a newer version.
 */
export function sqliteStore(path: string): Store {
  return new SqliteStore(path)
}

class SqliteStore implements Store {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #queue: CommitQueue
  /** Beside the real file, so that every way to name it leads to the same locks. */
  readonly #locksFolder: string
  readonly #held = new Map<Lease, Held>()
  #lock: ProcessLock | null = null
  #closed = false

  constructor(path: string) {
    this.#path = path
    this.#database = openDatabase(path)
    this.#statements = prepareStatements(this.#database)
    this.#queue = new CommitQueue(this.#database, path)
    this.#locksFolder = `${realpathSync(resolve(path))}-locks`
  }

  async append(append: Append): Promise<Appended> {
    this.#assertOpen()
    assertAppend(append)
    const held = this.#held.get(append.lease)
    if (held === undefined) throw leaseLost(append.lease.run)
    const events = append.events.map(toLink)
    const { appended, end } = await this.#queue.write({
      work: () => this.#write(held, append, events),
      sync: append.sync,
    })
    held.end = end
    return appended
  }

  async read(run: string, after: number): Promise<readonly Event[]> {
    return this.#look((statements) => statements.readEvents.all(run, after).map(decodeEvent))
  }

  async readChain(run: string): Promise<ChainedLog | null> {
    return this.#look((statements) => decodeChain(run, statements.readChain.all(run)))
  }

  async readSeals(run: string): Promise<readonly Seal[]> {
    return this.#look((statements) => statements.readSeals.all(run).map(decodeSeal))
  }

  async list({ limit, before, prefix = '' }: RunQuery): Promise<readonly RunRow[]> {
    const age = before?.createdAt ?? Number.MAX_SAFE_INTEGER
    const after = before?.run ?? null
    return this.#look((statements) =>
      statements.listRuns.all(age, after, prefix, prefix, limit).map(decodeRunRow),
    )
  }

  async find(run: string): Promise<RunRow | null> {
    return this.#look((statements) => {
      const row = statements.findRun.get(run)
      return row ? decodeRunRow(row) : null
    })
  }

  async tryAcquire(run: string): Promise<Lease | null> {
    this.#assertOpen()
    const key = await this.#queue.write({ work: () => this.#claim(run), sync: false })
    if (key === null) return null
    const lease: Lease = { run, release: () => this.#release(lease) }
    this.#held.set(lease, { key, end: null })
    return lease
  }

  async requestCancel(run: string): Promise<void> {
    this.#assertOpen()
    const work = (): void => {
      if (this.#statements.requestCancel.run(run).changes === 0) {
        throw new StoreError('unknown_run', `There is no run ${run}`)
      }
    }
    await this.#queue.write({ work, sync: false })
  }

  async cancelRequested(run: string): Promise<boolean> {
    return this.#look((statements) => {
      const row = statements.cancelRequested.get(run)
      return row !== undefined && decodeInteger(row, 'cancel_requested') === 1
    })
  }

  async claim(claim: Claim): Promise<Place | null> {
    this.#assertOpen()
    return this.#queue.write({ work: () => takePlaces(this.#statements, claim), sync: true })
  }

  async release({ family, run, call }: Pick<Claim, 'family' | 'run' | 'call'>): Promise<void> {
    this.#assertOpen()
    const work = (): void => void this.#statements.releasePlaces.run(family, run, call)
    await this.#queue.write({ work, sync: false })
  }

  async saveDefinition(digest: string, definition: string): Promise<void> {
    if ((await this.loadDefinition(digest)) !== null) return
    const work = (): void => void this.#statements.insertDefinition.run(digest, definition)
    await this.#queue.write({ work, sync: false })
  }

  async loadDefinition(digest: string): Promise<string | null> {
    return this.#look((statements) => {
      const row = statements.loadDefinition.get(digest)
      return row ? decodeText(row, 'definition') : null
    })
  }

  async saveSecret({ run, reference, box }: KeptSecret): Promise<void> {
    this.#assertOpen()
    const work = (): void => void this.#statements.insertSecret.run(run, reference, box)
    await this.#queue.write({ work, sync: false })
  }

  async readSecrets(run: string): Promise<readonly KeptSecret[]> {
    return this.#look((statements) => statements.readSecrets.all(run).map(decodeSecret))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#queue.flush()
    this.#held.clear()
    this.#database.close()
    this.#lock?.release()
  }

  #write(
    held: Held,
    append: Append,
    events: readonly Link[],
  ): { readonly appended: Appended; readonly end: LogEnd } {
    const { key } = held
    const { expected, head, lease } = append
    const chained = chainOnto(this.#hashAt(held, append), events)
    const hash = chained.at(-1)?.hash ?? ''
    const end: LogEnd = { run: lease.run, seq: expected + events.length, hash }
    const holder = this.#lock?.id ?? ''
    const createdAt = append.events[0]?.at ?? 0
    const updatedAt = append.events.at(-1)?.at ?? createdAt
    const next = [
      end.seq,
      Buffer.from(hash, 'hex'),
      head.workflow,
      head.digest,
      head.source,
      head.reason,
      head.step,
      updatedAt,
      head.reason,
    ]
    const fence = [key, expected, holder]
    const row =
      expected === 0
        ? this.#statements.begin.get(...next, createdAt, ...fence)
        : this.#statements.advance.get(...next, ...fence)
    if (!row) throw this.#explainFence(key, append)
    let seq = expected
    for (const event of chained) {
      const bytes = Buffer.from(event.hash, 'hex')
      this.#statements.insertEvent.run(key, (seq += 1), event.text, bytes)
    }
    if (append.sign !== undefined) this.#saveSeal(append.sign(end))
    const cancelRequested = decodeInteger(row, 'cancel_requested') === 1
    return { appended: { cancelRequested }, end }
  }

  /** The hash that the next one is chained to; a log from before the chain begins one here. */
  #hashAt({ key, end }: Held, { expected, lease }: Append): string {
    if (end !== null && end.seq === expected) return end.hash
    const row = expected === 0 ? undefined : this.#statements.readPlace.get(key)
    return (row === undefined ? null : decodeHexOrNull(row, 'hash')) ?? chainStart(lease.run)
  }

  #saveSeal({ run, seq, hash, signature, publicKey }: Seal): void {
    this.#statements.insertSeal.run(run, seq, Buffer.from(hash, 'hex'), signature, publicKey)
  }

  #explainFence(key: number, append: Append): StoreError {
    const { lease, expected } = append
    const place = this.#statements.readPlace.get(key)
    if (!place || decodeTextOrNull(place, 'holder') !== this.#lock?.id) return leaseLost(lease.run)
    const head = decodeInteger(place, 'head')
    return new StoreError('conflict', `Run ${lease.run} ends at ${head}, not at ${expected}`)
  }

  /** The run's key when the claim is now ours; null when a living holder has it. */
  #claim(run: string): number | null {
    this.#lock ??= holdProcessLock(this.#locksFolder)
    const own = this.#lock.id
    const claim = this.#statements.findClaim.get(run)
    if (!claim) {
      const inserted = this.#statements.insertClaim.get(run, own)
      return inserted ? decodeInteger(inserted, 'key') : null
    }
    const holder = decodeTextOrNull(claim, 'holder')
    if (holder === own) return null
    if (holder !== null && isProcessLockHeld(this.#locksFolder, holder)) return null
    const key = decodeInteger(claim, 'key')
    this.#statements.updateClaim.run(own, key)
    return key
  }

  async #release(lease: Lease): Promise<void> {
    const held = this.#held.get(lease)
    const holder = this.#lock?.id
    if (held === undefined || holder === undefined) return
    const { key } = held
    this.#held.delete(lease)
    const work = (): void => {
      this.#statements.dropUnbegun.run(key, holder)
      this.#statements.dropClaim.run(key, holder)
    }
    try {
      await this.#queue.write({ work, sync: false })
    } catch (error) {
      // Still ours in the file, so that the caller can try again.
      this.#held.set(lease, held)
      throw error
    }
  }

  #look<Result>(read: (statements: Statements) => Result): Result {
    this.#assertOpen()
    try {
      return read(this.#statements)
    } catch (error) {
      throw toStoreError(error, this.#path)
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('closed', 'The store is closed')
  }
}
