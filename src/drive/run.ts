import type { CallModel } from '../core/decide/effect.ts'
import type { Fold } from '../core/log/fold.ts'
import type { Entry, Event } from '../core/log/event.ts'
import type { RunRecord } from '../core/log/run-record.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { Mind } from '../mind/mind.ts'
import type { Clock } from '../perform/clock.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { Lease, Store } from '../store/store.ts'
import { drive, type Driven } from './drive.ts'
import type { LoadedWorkflow } from './loaded-workflow.ts'
import {
  answerEvents,
  cancelEvents,
  messageEvents,
  resumeEvents,
  settleEvents,
  type ClientResult,
  type DoubtAnswer,
} from './first-events.ts'
import { LockstepError } from './lockstep-error.ts'
import { createRunLog, type RunLog } from './run-log.ts'

/*
 * One run as its user holds it: its events as they are committed, its record, and the ways to go on
 * with it. Each way takes the run's lease, catches up with its log, drives, and lets go.
 */

export interface Run {
  readonly id: string
  /** The record once the run rests or is parked; a new promise each time it is driven again. */
  readonly done: Promise<RunRecord>
  /** All events from the first, then each as it is committed, until the run rests. */
  events(): AsyncIterable<Event>
  record(): RunRecord
  /** A user's next message, or the answer to `request_input`. Starts a new turn. */
  send(input: string | JsonObject): Promise<RunRecord>
  /** Results of client tools; those that are still missing keep the run waiting. */
  answer(results: readonly ClientResult[]): Promise<RunRecord>
  /** Says what became of a write in doubt. */
  settle(answer: DoubtAnswer): Promise<RunRecord>
  /** Goes on after `model_failed`, or where a driver left off. */
  resume(): Promise<RunRecord>
  cancel(): Promise<RunRecord>
}

/** What a run needs of its runtime. */
export interface RunOptions {
  readonly id: string
  readonly workflow: LoadedWorkflow
  readonly store: Store
  readonly mind: Mind
  readonly deliver: HandoffDelivery
  /** From a resumption on; null leaves the run's own. */
  readonly model: string | null
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
  readonly onEvents: (events: readonly Event[]) => void
}

/** Starts a new run with its first events. */
export function startRun(options: RunOptions, first: readonly Entry[]): Run {
  const { run, go } = createRun(options, createRunLog(options))
  void go((fold) => {
    if (fold.state.seq === 0) return first
    throw new LockstepError('run_exists', `there is a run ${options.id} already`)
  })
  return run
}

/** Opens a run by its log; nothing is written until it is asked to go on. */
export async function openRun(options: RunOptions): Promise<Run> {
  const log = createRunLog(options)
  await log.catchUp()
  return createRun(options, log).run
}

type Go = (first: (fold: Fold) => readonly Entry[]) => Promise<RunRecord>

function createRun(options: RunOptions, log: RunLog): { readonly run: Run; readonly go: Go } {
  const { id, store } = options

  const goOn: Go = async (first) => {
    try {
      const lease = await takeLease(store, id)
      try {
        await log.catchUp()
        await driveOn(options, log, { lease, first: first(log.fold) })
      } finally {
        await lease.release()
      }
    } finally {
      log.end()
    }
    return log.record()
  }

  const go: Go = (first) => {
    // A second call while this handle drives is refused, and `done` stays the first one's.
    if (log.isDriving()) return Promise.reject(busy(id))
    log.begin()
    const done = goOn(first)
    run.done = done
    // Whoever holds `done` sees the failure; nobody need hold it.
    done.catch(() => {})
    return done
  }

  // Set anew by `go`, and no getter: a getter's hidden class outlives the run that it belongs to.
  const run: Run & { done: Promise<RunRecord> } = {
    id,
    done: Promise.resolve(log.record()),
    events: () => log.events(),
    record: () => log.record(),
    send: (input) => go(() => messageEvents(log.fold, input)),
    answer: (results) => go(() => answerEvents(log.fold, results)),
    settle: (answer) => go(() => settleEvents(log.fold, answer)),
    resume: () => go(() => resumeEvents(log.fold, options.model)),
    async cancel() {
      const lease = await store.tryAcquire(id)
      if (lease === null) {
        // Its driver, here or elsewhere, sees the mark and ends the run.
        await store.requestCancel(id)
        return run.done
      }
      await lease.release()
      return go(() => cancelEvents(log.fold))
    },
  }
  return { run, go }
}

function driveOn(
  options: RunOptions,
  log: RunLog,
  on: { readonly lease: Lease; readonly first: readonly Entry[] },
): Promise<Driven> {
  const { plan, source } = options.workflow
  return drive({
    ...options,
    ...on,
    plan,

    source,
    fold: log.fold,
    onEvents: (events) => {
      log.committed(events)
      options.onEvents(events)
    },
  })
}

async function takeLease(store: Store, id: string): Promise<Lease> {
  const lease = await store.tryAcquire(id)
  if (lease === null) throw busy(id)
  return lease
}

function busy(id: string): LockstepError {
  return new LockstepError('run_busy', `run ${id} has a driver already`)
}
