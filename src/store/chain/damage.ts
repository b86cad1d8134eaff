import type { Event } from '../../core/log/event.ts'
import type { ChainedEvent } from '../store.ts'

/** What became of a log, as well as it can be told. */
export type DamageKind =
  /** It is no event, or of a version that is not known. */
  | 'unreadable'
  /** The event, or its hash, is not what was written. */
  | 'changed'
  | 'dropped'
  | 'inserted'
  | 'reordered'
  /** Events are missing at the end. */
  | 'truncated'
  /** The end agrees with itself and not with the run's row. */
  | 'head'
  /** The chain agrees with itself; the events make no run. */
  | 'senseless'
  /** A seal, or a hash noted elsewhere, speaks of another log than this. */
  | 'rewritten'
  /** A seal that is missing, or that its key did not make. */
  | 'seal'

export interface Damage {
  readonly kind: DamageKind
  /** The first event that it is about. */
  readonly seq: number
  /** The last, where they are several. */
  readonly to?: number
  /** What is wrong, in words. */
  readonly message: string
}

/** An event of a log that is looked at. */
export interface ReadEvent {
  readonly stored: ChainedEvent
  /** Null when its text does not read. */
  readonly event: Event | null
  /** The number that its text carries; its place where there is none. */
  readonly says: number
  readonly problem: Damage | null
}

export function damage(kind: DamageKind, at: Omit<Damage, 'kind'>): Damage {
  return { kind, ...at }
}

/** `event 3 is`, `events 3 to 5 are`. */
export function range(from: number, to: number): string {
  return from === to ? `event ${from} is` : `events ${from} to ${to} are`
}
