import { runRecord, type RunRecord } from '../../core/log/record/run-record.ts'
import type { Reason } from '../../core/log/event.ts'
import type { RunRow, Store } from '../../store/store.ts'
import { logOf } from './kept-runs.ts'
import { statusOf, type RunStatus } from './run-status.ts'

/*
 * A run as callers see it: in a list by its row, alone by its record (DESIGN §5).
 */

export interface RunSummary {
  readonly object: 'run'
  readonly id: string
  readonly workflow: string
  readonly digest: string
  readonly status: RunStatus
  readonly reason: Reason | null
  readonly step: string | null
  /** The number of its last event; its ETag is made of it. */
  readonly head: number
  /** ISO 8601. */
  readonly created_at: string
  readonly updated_at: string
}

/** A run whole: its summary, and its record as `lockstep run --json` prints it. */
export type RunDetail = RunSummary & RunRecord

export function toSummary(row: RunRow): RunSummary {
  const { run, workflow, digest, reason, step, head } = row
  return {
    object: 'run',
    id: run,
    workflow,
    digest,
    status: statusOf(reason),
    reason,
    step,
    head,
    created_at: new Date(row.createdAt).toISOString(),
    updated_at: new Date(row.updatedAt).toISOString(),
  }
}

/** Reads the record from the log; its `head` is that of the log, which may have grown since the row. */
export async function toDetail(store: Store, row: RunRow): Promise<RunDetail> {
  const events = await logOf(store, row.run)
  const record = runRecord(events)
  const last = events.at(-1)
  return {
    ...toSummary(row),
    ...record,
    status: statusOf(record.reason),
    head: events.length,
    updated_at: new Date(last?.at ?? row.updatedAt).toISOString(),
  }
}

/** A strong entity tag: a log that has grown is another. */
export function toEtag(head: number): string {
  return `"${head}"`
}
