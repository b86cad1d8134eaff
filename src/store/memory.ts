import { randomBytes } from 'node:crypto'
import type { Event } from '../core/log/event.ts'
import { assertAppend } from './assert-append.ts'
import { chainOnto, chainStart, toLink } from './chain/chain.ts'
import type { Seal } from './chain/seal.ts'
import {
  StoreError,
  type Append,
  type Appended,
  type ChainedEvent,
  type ChainedLog,
  type Claim,
  type KeptSecret,
  type Lease,
  type Place,
  type RunQuery,
  type RunRow,
  type Store,
} from './store.ts'

interface MemoryRun {
  readonly events: Event[]
  /** Made when somebody asks: nothing here can be changed behind this process's back. */
  readonly chain: ChainedEvent[]
  readonly seals: Seal[]
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

/** The run's hash chain, made up to its last event. */
function chainOf(run: MemoryRun): readonly ChainedEvent[] {
  const previous = run.chain.at(-1)?.hash ?? chainStart(run.row.run)
  const links = run.events.slice(run.chain.length).map(toLink)
  for (const chained of chainOnto(previous, links)) {
    run.chain.push({ seq: run.chain.length + 1, ...chained })
  }
  return run.chain
}

function callKey(run: string, call: string): string {
  return JSON.stringify([run, call])
}

const VOLATILE_KEY_BYTES = 32

class MemoryStore implements Store {
  readonly #runs = new Map<string, MemoryRun>()
  readonly #leases = new Map<string, Lease>()
  readonly #definitions = new Map<string, string>()
  readonly #secrets = new Map<string, Map<string, KeptSecret>>()
  /** Calls by family, then by place. */
  readonly #places = new Map<string, Map<string, Set<string>>>()
  #closed = false
  #volatileKey: Uint8Array | null = null

  get volatileKey(): Uint8Array {
    this.#volatileKey ??= randomBytes(VOLATILE_KEY_BYTES)
    return this.#volatileKey
  }

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
    if (append.sign !== undefined) {
      const { hash } = chainOf(run).at(-1) ?? { hash: null }
      const end = { run: lease.run, seq: run.row.head, hash: hash ?? chainStart(lease.run) }
      run.seals.push(append.sign(end))
    }
    if (isOver(head.reason)) run.cancelRequested = false
    return { cancelRequested: run.cancelRequested }
  }

  async read(run: string, after: number): Promise<readonly Event[]> {
    this.#assertOpen()
    return this.#runs.get(run)?.events.slice(after) ?? []
  }

  async readChain(run: string): Promise<ChainedLog | null> {
    this.#assertOpen()
    const known = this.#runs.get(run)
    if (known === undefined) return null
    const events = [...chainOf(known)]
    const headHash = events.at(-1)?.hash ?? null
    return { run, head: known.row.head, headHash, chainedFrom: 1, events }
  }

  async readSeals(run: string): Promise<readonly Seal[]> {
    this.#assertOpen()
    return [...(this.#runs.get(run)?.seals ?? [])]
  }

  async list(query: RunQuery): Promise<readonly RunRow[]> {
    this.#assertOpen()
    const { prefix = '' } = query
    const all = [...this.#runs.values()].map((run) => run.row)
    const rows = all.filter(({ run }) => run.startsWith(prefix))
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

  async release({ family, run, call }: Pick<Claim, 'family' | 'run' | 'call'>): Promise<void> {
    this.#assertOpen()
    const own = callKey(run, call)
    for (const holders of this.#places.get(family)?.values() ?? []) holders.delete(own)
  }

  #holders(family: string, { gate, key }: Place): Set<string> {
    const places = this.#places.get(family) ?? new Map<string, Set<string>>()
    this.#places.set(family, places)
    const name = JSON.stringify([gate, key])
    const holders = places.get(name) ?? new Set<string>()
    places.set(name, holders)
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

  async saveSecret(secret: KeptSecret): Promise<void> {
    this.#assertOpen()
    const { run, reference } = secret
    const kept = this.#secrets.get(run) ?? new Map<string, KeptSecret>()
    this.#secrets.set(run, kept)
    if (!kept.has(reference)) kept.set(reference, secret)
  }

  async readSecrets(run: string): Promise<readonly KeptSecret[]> {
    this.#assertOpen()
    return [...(this.#secrets.get(run)?.values() ?? [])]
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#secrets.clear()
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
      chain: [],
      seals: [],
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
