import type { SQLOutputValue } from 'node:sqlite'
import { REASONS, type Event, type Reason } from '../../core/log/event.ts'
import { StoreError, type RunRow } from '../store.ts'

/** What a statement gives for a row. */
export type Row = Record<string, SQLOutputValue>

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
