import type { Event } from '../core/log/event.ts'
import { assertAppend } from './assert-append.ts'
import type { Seal } from './chain/seal.ts'
import {
  decodeChain,
  decodeEvent,
  decodeInteger,
  decodeRunRow,
  decodeSeal,
  decodeSecret,
  decodeText,
  type Row,
} from './decode-row.ts'
import { toTarget } from './postgres/connection.ts'
import { Database, type Values } from './postgres/database.ts'
import { LockSession, type Hold, type SessionId } from './postgres/lock-session.ts'
import { STORE_MIGRATIONS } from './postgres/migrate.ts'
import { leaseLost } from './postgres/postgres-error.ts'
import type { PostgresOptions } from './postgres/postgres-options.ts'
import { RunWatcher } from './postgres/run-watcher.ts'
import { statementsIn, type Statements } from './postgres/statements.ts'
import { takePlaces } from './postgres/take-places.ts'
import { tryAgain } from './postgres/try-again.ts'
import { writeAppend } from './postgres/write-append.ts'
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

/** A lease that is held, and the last of its appends: they are written in the order of the calls. */
interface Held {
  readonly hold: Hold
  tail: Promise<unknown>
}

/**
 * Keeps logs in a Postgres database that any number of machines may share (issue 5). Nothing is
 * connected before the first call, which also brings the schema to this version. What is committed
 * is on the server's disk, also what need not be (Law 5). A lease is an advisory lock of one session
 * for the whole process and dies with it, also when the connection is lost: the next append is then
 * `lease_lost`, and any process may go on (Law 18). Throws a StoreError `failed` for options that
 * cannot be; close it, for it keeps its process alive.
 */
export function postgresStore(options: PostgresOptions = {}): Store {
  return new PostgresStore(options)
}

class PostgresStore implements Store {
  readonly #database: Database
  readonly #watcher: RunWatcher
  readonly #held = new Map<Lease, Held>()
  #session: Promise<LockSession> | null = null
  #former: SessionId | null = null

  constructor(options: PostgresOptions) {
    const target = toTarget(options)
    const statements = statementsIn(target.schema)
    this.#database = new Database(target, { statements, migrations: STORE_MIGRATIONS })
    this.#watcher = new RunWatcher(this.#database.target, this.#database.ask)
  }

  async append(append: Append): Promise<Appended> {
    this.#database.assertOpen()
    assertAppend(append)
    const held = this.#held.get(append.lease)
    if (held === undefined) throw leaseLost(append.lease.run)
    const { hold, tail } = held
    const { ask } = this.#database
    const written = this.#database.guarded(() => tail.then(() => writeAppend(ask, hold, append)))
    held.tail = written.catch(() => {})
    const appended = await written
    hold.session.tell(hold)
    return appended
  }

  async read(run: string, after: number): Promise<readonly Event[]> {
    return this.#rows('readEvents', [run, after], (rows) => rows.map(decodeEvent))
  }

  async readChain(run: string): Promise<ChainedLog | null> {
    return this.#rows('readChain', [run], (rows) => decodeChain(run, rows))
  }

  async readSeals(run: string): Promise<readonly Seal[]> {
    return this.#rows('readSeals', [run], (rows) => rows.map(decodeSeal))
  }

  async list({ limit, before, prefix = '' }: RunQuery): Promise<readonly RunRow[]> {
    const age = before?.createdAt ?? Number.MAX_SAFE_INTEGER
    const values = [age, before?.run ?? null, prefix, limit]
    return this.#rows('listRuns', values, (rows) => rows.map(decodeRunRow))
  }

  async find(run: string): Promise<RunRow | null> {
    return this.#rows('findRun', [run], ([row]) => (row ? decodeRunRow(row) : null))
  }

  async tryAcquire(run: string): Promise<Lease | null> {
    const hold = await this.#database.guarded(() =>
      tryAgain(async () => (await this.#locks()).acquire(run)),
    )
    if (hold === null) return null
    const lease: Lease = { run, release: () => this.#release(lease) }
    this.#held.set(lease, { hold, tail: Promise.resolve() })
    return lease
  }

  async requestCancel(run: string): Promise<void> {
    const found = await this.#rows('requestCancel', [run], (rows) => rows.length > 0)
    if (!found) throw new StoreError('unknown_run', `There is no run ${run}`)
  }

  async cancelRequested(run: string): Promise<boolean> {
    return this.#rows('cancelRequested', [run], ([row]) => {
      return row !== undefined && decodeInteger(row, 'cancel_requested') === 1
    })
  }

  async claim(claim: Claim): Promise<Place | null> {
    const { schema } = this.#database.target
    return this.#database.transaction((ask, client) => takePlaces(claim, { ask, client, schema }))
  }

  async release({ family, run, call }: Pick<Claim, 'family' | 'run' | 'call'>): Promise<void> {
    await this.#rows('releasePlaces', [family, run, call], () => {})
  }

  async saveDefinition(digest: string, definition: string): Promise<void> {
    await this.#rows('insertDefinition', [digest, definition], () => {})
  }

  async loadDefinition(digest: string): Promise<string | null> {
    return this.#rows('loadDefinition', [digest], ([row]) => {
      return row ? decodeText(row, 'definition') : null
    })
  }

  async saveSecret({ run, reference, box }: KeptSecret): Promise<void> {
    await this.#rows('insertSecret', [run, reference, box], () => {})
  }

  async readSecrets(run: string): Promise<readonly KeptSecret[]> {
    return this.#rows('readSecrets', [run], (rows) => rows.map(decodeSecret))
  }

  watch(run: string, onChange: () => void): () => void {
    this.#database.assertOpen()
    return this.#watcher.watch(run, onChange)
  }

  close(): Promise<void> {
    return this.#database.close(async () => {
      this.#held.clear()
      await this.#watcher.close()
      const session = await this.#session?.catch(() => null)
      await session?.close()
    })
  }

  /** The session of the locks; a new one when it was lost. Rejects with what the server or `pg` said. */
  async #locks(): Promise<LockSession> {
    const { target, statements } = this.#database
    this.#session ??= LockSession.open(target, { statements, former: this.#former })
    const opening = this.#session
    try {
      const session = await opening
      if (!session.lost.aborted) return session
      this.#former = session.id
    } catch (error) {
      if (this.#session === opening) this.#session = null
      throw error
    }
    if (this.#session === opening) this.#session = null
    return this.#locks()
  }

  async #release(lease: Lease): Promise<void> {
    const held = this.#held.get(lease)
    if (held === undefined) return
    this.#held.delete(lease)
    await held.tail
    await held.hold.session.release(held.hold)
  }

  /** Runs a statement that comes to the same when it is run twice, and reads what it gives. */
  #rows<Result>(
    name: keyof Statements,
    values: Values,
    decode: (rows: readonly Row[]) => Result,
  ): Promise<Result> {
    return this.#database.repeatable(async (ask) => decode(await ask(name, values)))
  }
}
