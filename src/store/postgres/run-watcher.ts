import type { Client } from 'pg'
import { decodeInteger, decodeText } from '../decode-row.ts'
import { advisoryKey } from './advisory-key.ts'
import { connect, type Target } from './connection.ts'
import type { Ask } from './database.ts'
import { channelOf } from './lock-session.ts'

/*
 * Tells readers that a log grew, whichever process appended. Appends do not notify in their own
 * transaction, for the server commits those one after the other; each process tells of what it
 * committed right afterwards. That can be lost with the process or the connection, so the heads of
 * all watched runs are also looked at now and then, in one statement.
 */

interface Watched {
  readonly run: string
  readonly listeners: Set<() => void>
  /** As it was last looked at. */
  head: number
}

const LOOK_EVERY_MS = 1_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** Watches runs for one process over one connection, made when the first is watched. */
export class RunWatcher {
  readonly #target: Target
  readonly #ask: Ask
  readonly #watched = new Map<string, Watched>()
  #client: Client | null = null
  #look: NodeJS.Timeout | null = null
  #reconnect: NodeJS.Timeout | null = null
  #looking = false
  #pauseMs = FIRST_PAUSE_MS
  #closed = false

  constructor(target: Target, ask: Ask) {
    this.#target = target
    this.#ask = ask
  }

  /** Calls `onChange` soon after the run's log grew, and at times when it did not; see `Store.watch`. */
  watch(run: string, onChange: () => void): () => void {
    const lock = advisoryKey('run', this.#target.schema, run)
    const watched = this.#watched.get(lock) ?? { run, listeners: new Set(), head: -1 }
    this.#watched.set(lock, watched)
    // Its own function, so that one given twice is called twice and ended apart.
    const listener = (): void => onChange()
    watched.listeners.add(listener)
    this.#begin()
    return () => {
      watched.listeners.delete(listener)
      if (watched.listeners.size === 0 && this.#watched.get(lock) === watched) {
        this.#watched.delete(lock)
      }
      if (this.#watched.size === 0) this.#pause()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#watched.clear()
    this.#pause()
    const client = this.#client
    this.#client = null
    await client?.end().catch(() => {})
  }

  #begin(): void {
    if (this.#look !== null) return
    this.#look = setInterval(() => void this.#lookAtHeads(), LOOK_EVERY_MS)
    this.#look.unref()
    if (this.#client === null && this.#reconnect === null) void this.#listen()
  }

  #pause(): void {
    if (this.#look !== null) clearInterval(this.#look)
    if (this.#reconnect !== null) clearTimeout(this.#reconnect)
    this.#look = null
    this.#reconnect = null
  }

  async #listen(): Promise<void> {
    try {
      const client = await connect(this.#target)
      client.on('notification', ({ payload = '' }) => wake(this.#watched.get(payload)))
      client.once('end', () => this.#lostIt(client))
      await client.query(`LISTEN ${channelOf(this.#target)}`)
      if (this.#closed) {
        await client.end()
        return
      }
      this.#client = client
      this.#pauseMs = FIRST_PAUSE_MS
      // What happened until now was told to nobody.
      for (const watched of this.#watched.values()) wake(watched)
    } catch {
      this.#tryLater()
    }
  }

  #lostIt(client: Client): void {
    if (this.#client !== client) return
    this.#client = null
    this.#tryLater()
  }

  #tryLater(): void {
    if (this.#closed || this.#watched.size === 0) return
    this.#reconnect = setTimeout(() => {
      this.#reconnect = null
      void this.#listen()
    }, this.#pauseMs)
    this.#reconnect.unref()
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
  }

  async #lookAtHeads(): Promise<void> {
    if (this.#looking || this.#watched.size === 0) return
    this.#looking = true
    try {
      const byRun = new Map([...this.#watched.values()].map((watched) => [watched.run, watched]))
      for (const row of await this.#ask('readHeads', [[...byRun.keys()]])) {
        const watched = byRun.get(decodeText(row, 'run'))
        const head = decodeInteger(row, 'head')
        if (watched === undefined || watched.head === head) continue
        watched.head = head
        wake(watched)
      }
    } catch {
      // The next look may fare better; whoever reads will hear what is wrong.
    } finally {
      this.#looking = false
    }
  }
}

function wake(watched: Watched | undefined): void {
  for (const listener of watched?.listeners ?? []) listener()
}
