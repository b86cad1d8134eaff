/*
 * The port to where logs live. A store keeps events in order and lets one driver at a time write to
 * a run; it never interprets them. store.contract.ts is what every adapter must pass.
 */
import type { Event, Reason } from '../core/log/event.ts'
import type { Seal, Signer } from './chain/seal.ts'

/** What a list of runs shows; kept by the driver beside the log, never read by a rule. */
export interface RunHead {
  readonly workflow: string
  readonly digest: string
  /** Where the definition came from, e.g. a file; null when it was made in code. */
  readonly source: string | null
  /** Null while the run is not at rest. */
  readonly reason: Reason | null
  readonly step: string | null
}

export interface RunRow extends RunHead {
  readonly run: string
  /** The sequence number of the last event. */
  readonly head: number
  /** Milliseconds since 1970 of the first and the last event. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** Which runs to list: at most `limit` of those that began before `before`. */
export interface RunQuery {
  readonly limit: number
  readonly before?: RunRow
  readonly prefix?: string
}

/** The right to write to one run, until released or until its holder's process dies (Law 18). */
export interface Lease {
  readonly run: string
  release(): Promise<void>
}

export interface Append {
  readonly lease: Lease
  /** The sequence number that the log must end with now; 0 creates the run. */
  readonly expected: number
  /** In order, with `seq` from expected + 1. All are written, or none. */
  readonly events: readonly Event[]
  readonly head: RunHead
  /** True when it must also survive a power cut (the dispatch of a write, Law 5). */
  readonly sync: boolean
  /** Seals the log as these events end it, in the same transaction (S1.17). */
  readonly sign?: Signer
}

/** An event as it is stored: its text and its hash, believed of neither. */
export interface ChainedEvent {
  /** Where it stands, in the store's own word; its text may say otherwise. */
  readonly seq: number
  readonly text: string
  /** Null for an event from before the store kept hashes. */
  readonly hash: string | null
}

/** A log as verifyLog reads it: everything that the store holds of it, as it is. */
export interface ChainedLog {
  readonly run: string
  /** What the run's row says of the end. */
  readonly head: number
  readonly headHash: string | null
  /** The first event that must have a hash. */
  readonly chainedFrom: number
  readonly events: readonly ChainedEvent[]
}

/** A place under a `limit` gate. */
export interface Place {
  readonly gate: string
  readonly key: string
}

export interface Claim {
  readonly family: string
  readonly run: string
  readonly call: string
  readonly places: readonly (Place & { readonly calls: number })[]
}

/** A secret of a run as it is kept: encrypted with a key that the store never sees (Law 17). */
export interface KeptSecret {
  readonly run: string
  readonly reference: string
  readonly box: Uint8Array
}

export interface Appended {
  /** True when somebody asked to cancel the run since it began. */
  readonly cancelRequested: boolean
}

/**
 * Keeps logs. Committed means surviving kill -9 of the process (in memory: of nothing).
 * Errors are StoreErrors: `conflict` when the log does not end at `expected`, `lease_lost` when the
 * lease is no longer the holder's, `unknown_run`, `closed`, `failed`.
 */
export interface Store {
  /** Resolves once the events are committed; a conflict leaves the log as it was. */
  append(append: Append): Promise<Appended>
  /** Events with `seq > after`, in order; empty for an unknown run. */
  read(run: string, after: number): Promise<readonly Event[]>
  /** The log with its hash chain (chain.ts), for an audit; null for an unknown run. */
  readChain(run: string): Promise<ChainedLog | null>
  /** The seals that its appends made, oldest first. */
  readSeals(run: string): Promise<readonly Seal[]>
  /** Newest first; with `prefix` only the runs whose id begins so. */
  list(query: RunQuery): Promise<readonly RunRow[]>
  find(run: string): Promise<RunRow | null>
  /** Takes the run's lease, or null when a living driver holds it. A dead holder's is taken over. */
  tryAcquire(run: string): Promise<Lease | null>
  /**
   * Leaves a mark that the run's driver sees at its next append or poll. It goes when the run rests
   * `cancelled` or `completed`, and a run that rests so takes none: it would end the next turn.
   */
  requestCancel(run: string): Promise<void>
  cancelRequested(run: string): Promise<boolean>
  /**
   * Takes places under `limit` gates for a call, among all runs of a family (a run and its forks):
   * all or none. Null when they are the call's own, also when they were before; else the first that
   * is full. `calls` is how many calls may hold the place.
   */
  claim(claim: Claim): Promise<Place | null>
  /** Gives back what a call holds; nothing happens when it holds nothing. */
  release(claim: Pick<Claim, 'family' | 'run' | 'call'>): Promise<void>
  /** Definitions are content-addressed: saving the same digest again changes nothing. */
  saveDefinition(digest: string, definition: string): Promise<void>
  loadDefinition(digest: string): Promise<string | null>
  /** Keeps a secret before the event that names it is appended; the same again changes nothing. */
  saveSecret(secret: KeptSecret): Promise<void>
  /** All secrets of a run; none for an unknown one. */
  readSecrets(run: string): Promise<readonly KeptSecret[]>
  /**
   * Calls `onChange` soon after anybody, in any process, appended to the run; at times also for
   * nothing: look with `read`. Gives back what ends it. Readers of a store without it look by
   * themselves now and then.
   */
  watch?(run: string, onChange: () => void): () => void
  /** Encrypts secrets where nobody gives a key: only a store that nothing survives has one. */
  readonly volatileKey?: Uint8Array
  close(): Promise<void>
}

export type StoreErrorCode = 'conflict' | 'lease_lost' | 'unknown_run' | 'closed' | 'failed'

/** A broken promise of the store or of its caller; recognise it by `code`. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
