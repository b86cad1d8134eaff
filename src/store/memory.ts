import type { Event } from '../core/log/event.ts'
import { assertAppend } from './assert-append.ts'
import {
  StoreError,
  type Append,
  type Appended,
  type Claim,
  type Lease,
  type Place,
  type RunRow,
  type Store,
} from './store.ts'

interface MemoryRun {
  readonly events: Event[]
  row: RunRow
  cancelRequested: boolean
}

/** Rests of which a wish to cancel says nothing any more. */
function isOver(reason: RunRow['reason']): boolean {
  return reason === 'cancelled' || reason === 'completed'
}

/**
 * Keeps logs in this process only: for tests, examples and runs that nobody resumes. Events are kept
 * as the objects they are, never copied. A lease dies with the process, as everything here does.
 */
export function memoryStore(): Store {
  return new MemoryStore()
}

function callKey(run: string, call: string): string {
  return JSON.stringify([run, call])
}

class MemoryStore implements Store {
  readonly #runs = new Map<string, MemoryRun>()
  readonly #leases = new Map<string, Lease>()
  readonly #definitions = new Map<string, string>()
  /** Calls by place: family, gate and key. */
  readonly #places = new Map<string, Set<string>>()
  #closed = false

  async append(append: Append): Promise<Appended> {
    this.#assertOpen()
    assertAppend(append)
    const { lease, expected, events, head } = append
    if (this.#leases.get(lease.run) !== lease) {
      throw new StoreError('lease_lost', `The lease of run ${lease.run} is not held any more`)
    }
    const known = this.#runs.get(lease.run)
    const end = known?.row.head ?? 0
    if (end !== expected) {
      throw new StoreError('conflict', `Run ${lease.run} ends at ${end}, not at ${expected}`)
    }
    const run = known ?? this.#begin(append)
    run.events.push(...events)
    const updatedAt = events.at(-1)?.at ?? run.row.updatedAt
    run.row = {
      ...head,
      run: lease.run,
      head: expected + events.length,
      createdAt: run.row.createdAt,
      updatedAt,
    }
    if (isOver(head.reason)) run.cancelRequested = false
    return { cancelRequested: run.cancelRequested }
  }

  async read(run: string, after: number): Promise<readonly Event[]> {
    this.#assertOpen()
    return this.#runs.get(run)?.events.slice(after) ?? []
  }

  async list(query: {
    readonly limit: number
    readonly before?: RunRow
  }): Promise<readonly RunRow[]> {
    this.#assertOpen()
    const rows = [...this.#runs.values()].map((run) => run.row)
    const newestFirst = rows
      .toReversed()
      .toSorted((left, right) => right.createdAt - left.createdAt)
    const { before, limit } = query
    const from = before ? newestFirst.findIndex((row) => row.run === before.run) + 1 : 0
    return newestFirst.slice(from, from + limit)
  }

  async find(run: string): Promise<RunRow | null> {
    this.#assertOpen()
    return this.#runs.get(run)?.row ?? null
  }

  async tryAcquire(run: string): Promise<Lease | null> {
    this.#assertOpen()
    if (this.#leases.has(run)) return null
    const lease: Lease = {
      run,
      release: async () => {
        if (this.#leases.get(run) === lease) this.#leases.delete(run)
      },
    }
    this.#leases.set(run, lease)
    return lease
  }

  async requestCancel(run: string): Promise<void> {
    this.#assertOpen()
    const known = this.#runs.get(run)
    if (!known) throw new StoreError('unknown_run', `There is no run ${run}`)
    known.cancelRequested = !isOver(known.row.reason)
  }

  async cancelRequested(run: string): Promise<boolean> {
    this.#assertOpen()
    return this.#runs.get(run)?.cancelRequested ?? false
  }

  async claim({ family, run, call, places }: Claim): Promise<Place | null> {
    this.#assertOpen()
    const own = callKey(run, call)
    const held = places.map((place) => ({
      ...place,
      holders: this.#holders(family, place),
    }))
    const full = held.find(({ holders, calls }) => !holders.has(own) && holders.size >= calls)
    if (full !== undefined) return { gate: full.gate, key: full.key }
    for (const { holders } of held) holders.add(own)
    return null
  }

  async release({ run, call }: Pick<Claim, 'run' | 'call'>): Promise<void> {
    this.#assertOpen()
    for (const holders of this.#places.values()) holders.delete(callKey(run, call))
  }

  #holders(family: string, { gate, key }: Place): Set<string> {
    const name = JSON.stringify([family, gate, key])
    const holders = this.#places.get(name) ?? new Set<string>()
    this.#places.set(name, holders)
    return holders
  }

  async saveDefinition(digest: string, definition: string): Promise<void> {
    this.#assertOpen()
    if (!this.#definitions.has(digest)) this.#definitions.set(digest, definition)
  }

  async loadDefinition(digest: string): Promise<string | null> {
    this.#assertOpen()
    return this.#definitions.get(digest) ?? null
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#runs.clear()
    this.#leases.clear()
    this.#definitions.clear()
    this.#places.clear()
  }

  #begin(append: Append): MemoryRun {
    const createdAt = append.events[0]?.at ?? 0
    const { run } = append.lease
    const begun: MemoryRun = {
      events: [],
      row: { ...append.head, run, head: 0, createdAt, updatedAt: createdAt },
      cancelRequested: false,
    }
    this.#runs.set(run, begun)
    return begun
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('closed', 'The store is closed')
  }
}
