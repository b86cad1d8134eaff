import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { decodeHexOrNull, decodeInteger, decodeText, type Row } from '../decode-row.ts'
import { chainStart } from '../chain/chain.ts'
import type { LogEnd } from '../chain/seal.ts'
import { advisoryKey } from './advisory-key.ts'
import { connect, type Target } from './connection.ts'
import { asker, type Ask } from './database.ts'
import { isAnswered } from './postgres-error.ts'
import type { Statements } from './statements.ts'

/*
 * The session that holds the locks of all runs which this process drives (Law 18): however many there
 * are, one connection. The server drops its locks when it ends: at once when the process dies, within
 * half a minute when the machine does. A lock alone would not do, for the process may learn late that
 * its session is gone; so who gets it writes a token into the run's row, and an append under another
 * token writes nothing.
 */

/** What holds a run: its row, and the token that its appends must show. */
export interface Hold {
  readonly run: string
  readonly key: number
  readonly token: string
  readonly lock: string
  readonly session: LockSession
  /** Where the log ends as this holder knows it. */
  end: LogEnd
}

/** Seconds after which the server takes a machine for dead that is silent: 10 + 3 × 5. */
const LIVELINESS = `SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3`
/** Claims may be lost in a crash of the server: every session is, and what a holder appends is not. */
const CHEAP = 'SET synchronous_commit = off'
/** What Postgres 14 brought: a role's limit for idle sessions, which this one is most of the time. */
const ENDLESS = 'SET idle_session_timeout = 0'
const POSTGRES_14 = 140_000
const TELL_EVERY_MS = 20

/** A session as its server tells it from every other, earlier or later. */
export interface SessionId {
  readonly pid: number
  readonly startedAt: string
}

const WHO = `SELECT pid, backend_start::text AS started_at,
    current_setting('server_version_num')::int AS version
  FROM pg_stat_activity WHERE pid = pg_backend_pid()`
const END_FORMER = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid = $1::int AND backend_start = $2::timestamptz`

/** The session of one process; `lost` tells when it is gone, and with it all that it held. */
export class LockSession {
  readonly lost: AbortSignal
  readonly id: SessionId
  readonly #client: Client
  readonly #target: Target
  readonly #connection: Ask
  readonly #gone: AbortController
  /** Locks that this session has or is asking for: to itself, the server would give one twice. */
  readonly #locks = new Set<string>()
  readonly #changed = new Set<string>()
  #telling = false
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    client: Client,
    options: { readonly target: Target; readonly ask: Ask; readonly id: SessionId },
  ) {
    this.#client = client
    this.#target = options.target
    this.#connection = options.ask
    this.id = options.id
    this.#gone = new AbortController()
    this.lost = this.#gone.signal
    client.on('error', () => this.#gone.abort())
    client.on('end', () => this.#gone.abort())
  }

  /**
   * Opens it, and ends the one that it follows where the server holds that to be alive still: its
   * locks would stand in the way. Rejects with what the server or `pg` said.
   */
  static async open(
    target: Target,
    { statements, former }: { readonly statements: Statements; readonly former: SessionId | null },
  ): Promise<LockSession> {
    const client = await connect(target)
    try {
      const { rows } = await client.query<Row>(WHO)
      const [row = {}] = rows
      const id = { pid: decodeInteger(row, 'pid'), startedAt: decodeText(row, 'started_at') }
      const modern = decodeInteger(row, 'version') >= POSTGRES_14
      await client.query(`${LIVELINESS}; ${CHEAP}${modern ? `; ${ENDLESS}` : ''}`)
      if (former !== null) await client.query(END_FORMER, [former.pid, former.startedAt])
      return new LockSession(client, { target, ask: asker(client, statements), id })
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
  }

  /** Takes a run, or gives null when it is held: here, or by another session that lives. */
  async acquire(run: string): Promise<Hold | null> {
    const lock = advisoryKey('run', this.#target.schema, run)
    if (this.#locks.has(lock)) return null
    this.#locks.add(lock)
    const token = randomUUID()
    try {
      const [row] = await this.#ask('acquire', [lock, run, token])
      if (row === undefined) {
        this.#locks.delete(lock)
        return null
      }
      const seq = decodeInteger(row, 'head')
      const hash = decodeHexOrNull(row, 'hash') ?? chainStart(run)
      const key = decodeInteger(row, 'key')
      return { run, key, token, lock, session: this, end: { run, seq, hash } }
    } catch (error) {
      // The lock may have been taken before the statement failed.
      await this.#letGo(lock, error)
      throw error
    }
  }

  /** Gives a run back; one that was never begun leaves nothing behind. Never rejects. */
  async release({ lock, key, token }: Hold): Promise<void> {
    if (this.lost.aborted) return
    try {
      await this.#ask('release', [lock, key, token])
      this.#locks.delete(lock)
    } catch (error) {
      await this.#letGo(lock, error)
    }
  }

  /** Tells watchers that a run's log grew, with others that grow meanwhile: see run-watcher.ts. */
  tell({ lock }: Pick<Hold, 'lock'>): void {
    this.#changed.add(lock)
    if (!this.#telling) void this.#tellAll()
  }

  /** Gives back everything, before it resolves. */
  async close(): Promise<void> {
    // The server need not have noticed that a session ended when this end of it has.
    if (!this.lost.aborted) {
      const last = [channelOf(this.#target), [...this.#changed]]
      await this.#ask('notify', last).catch(() => {})
      await this.#ask('unlockAll', []).catch(() => {})
    }
    await this.#end()
  }

  async #end(): Promise<void> {
    this.#gone.abort()
    await this.#client.end().catch(() => {})
  }

  /** A lock of which nothing is known any more is given up with the whole session. */
  async #letGo(lock: string, error: unknown): Promise<void> {
    try {
      if (!isAnswered(error)) throw error
      await this.#ask('unlock', [lock])
      this.#locks.delete(lock)
    } catch {
      await this.#end()
    }
  }

  /** One after the other: `pg` wants no second question before the first is answered. */
  #ask(...question: Parameters<Ask>): ReturnType<Ask> {
    const answer = this.#turn.then(() => this.#connection(...question))
    this.#turn = answer.catch(() => {})
    return answer
  }

  async #tellAll(): Promise<void> {
    this.#telling = true
    try {
      while (this.#changed.size > 0) {
        const locks = [...this.#changed]
        this.#changed.clear()
        await this.#ask('notify', [channelOf(this.#target), locks])
        // A run that gets on fast is told of so often and no more.
        await sleep(TELL_EVERY_MS, undefined, { ref: false, signal: this.lost })
      }
    } catch {
      // Watchers look by themselves now and then.
    } finally {
      this.#telling = false
    }
  }
}

/** Where watchers of a schema's runs listen; hashed, for such names are short. */
export function channelOf({ schema }: Pick<Target, 'schema'>): string {
  return `lockstep_${advisoryKey('channel', schema).replace('-', 'm')}`
}
