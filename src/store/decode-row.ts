import { REASONS, type Event, type Reason } from '../core/log/event.ts'
import type { Seal } from './chain/seal.ts'
import {
  StoreError,
  type ChainedEvent,
  type ChainedLog,
  type KeptSecret,
  type RunRow,
} from './store.ts'

/*
 * What a database gives for a row, as the store port has it. Nothing is believed: a column that holds
 * what it cannot is a StoreError `failed`, for every adapter that keeps rows.
 */

/** What a statement gives for a row, by column: whole numbers as numbers, bytes as Uint8Array. */
export type Row = Readonly<Record<string, unknown>>

/** Reads a row of `runs`; throws a StoreError `failed` when a column holds what it cannot. */
export function decodeRunRow(row: Row): RunRow {
  return {
    run: decodeText(row, 'run'),
    head: decodeInteger(row, 'head'),
    workflow: decodeText(row, 'workflow'),
    digest: decodeText(row, 'digest'),
    source: decodeTextOrNull(row, 'source'),
    reason: decodeReason(row),
    step: decodeTextOrNull(row, 'step'),
    createdAt: decodeInteger(row, 'created_at'),
    updatedAt: decodeInteger(row, 'updated_at'),
  }
}

/**
 * Reads a row of `events`. Checks that it is an event in its place, not what it says: an unknown `v`
 * or `type` is upcast.ts's to refuse.
 */
export function decodeEvent(row: Row): Event {
  const seq = decodeInteger(row, 'seq')
  const event: unknown = JSON.parse(decodeText(row, 'event'))
  if (isEventAt(event, seq)) return event
  throw new StoreError('failed', `Event ${seq} of a log does not read as an event`)
}

/**
 * Reads the rows of a log with its chain; null of none. What an event's text says is not looked at:
 * damage is for verifyLog to name.
 */
export function decodeChain(run: string, rows: readonly Row[]): ChainedLog | null {
  const [first] = rows
  if (first === undefined) return null
  return {
    run,
    head: decodeInteger(first, 'head'),
    headHash: decodeHexOrNull(first, 'head_hash'),
    chainedFrom: decodeInteger(first, 'chained_from'),
    // A run without any event is one row of nulls.
    events: rows.filter((row) => row['seq'] !== null).map(decodeChainedEvent),
  }
}

function decodeChainedEvent(row: Row): ChainedEvent {
  return {
    seq: decodeInteger(row, 'seq'),
    text: decodeText(row, 'event'),
    hash: decodeHexOrNull(row, 'hash'),
  }
}

/** Reads a row of `seals`. */
export function decodeSeal(row: Row): Seal {
  return {
    run: decodeText(row, 'run'),
    seq: decodeInteger(row, 'seq'),
    hash: decodeHexOrNull(row, 'hash') ?? misfit('hash'),
    signature: decodeText(row, 'signature'),
    publicKey: decodeText(row, 'public_key'),
  }
}

/** Reads a row of `secrets`. */
export function decodeSecret(row: Row): KeptSecret {
  const { box } = row
  return {
    run: decodeText(row, 'run'),
    reference: decodeText(row, 'reference'),
    box: box instanceof Uint8Array ? box : misfit('box'),
  }
}

/** Reads a column of bytes, as hex, that may be null. */
export function decodeHexOrNull(row: Row, column: string): string | null {
  const value = row[column]
  if (value === null) return null
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : misfit(column)
}

/** Reads a column of text. */
export function decodeText(row: Row, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : misfit(column)
}

/** Reads a column of text that may be null. */
export function decodeTextOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : decodeText(row, column)
}

/** Reads a column of whole numbers. */
export function decodeInteger(row: Row, column: string): number {
  const value = row[column]
  return typeof value === 'number' ? value : misfit(column)
}

function decodeReason(row: Row): Reason | null {
  const text = decodeTextOrNull(row, 'reason')
  if (text === null) return null
  return REASONS.find((reason) => reason === text) ?? misfit('reason')
}

function isEventAt(value: unknown, seq: number): value is Event {
  if (typeof value !== 'object' || value === null) return false
  if (!('seq' in value) || value.seq !== seq) return false
  return 'type' in value && typeof value.type === 'string'
}

function misfit(column: string): never {
  throw new StoreError('failed', `The database holds something unexpected in ${column}`)
}
