import type { CallModel } from '../core/decide/effect.ts'
import type { Fold } from '../core/log/fold.ts'
import type { Entry, Event } from '../core/log/event.ts'
import type { RunRecord } from '../core/log/run-record.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import type { Mind } from '../mind/mind.ts'
import type { Clock } from '../perform/clock.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { Lease, Store } from '../store/store.ts'
import { drive, type Driven } from './drive.ts'
import type { LoadedWorkflow } from './loaded-workflow.ts'
import { LockstepError } from './lockstep-error.ts'
import { createRunLog, type RunLog } from './run-log.ts'

/*
 * One run as its user holds it: its events as they are committed, its record, and the ways to go on
 * with it. Each way takes the run's lease, catches up with its log, drives, and lets go.
 */

/** What came of a client tool that the caller executed. */
export type ClientResult =
  | { readonly call: string; readonly output: Json }
  | { readonly call: string; readonly error: { readonly code: string; readonly message: string } }

/** What a person found out about a write in doubt. */
export type DoubtAnswer =
  | { readonly call: string; readonly executed: true; readonly output?: Json }
  | { readonly call: string; readonly executed: false }

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

/** Reasons after which a further message begins another turn. */
const OPEN_TO_MESSAGES: ReadonlySet<string> = new Set([
  'completed',
  'refused',
  'step_transition_limit_exceeded',
  'iteration_limit_exceeded',
  'criteria_unmet',
  'transition_failed',
  'invalid_output',
])

/** Reasons after which the same can be tried again. */
const RESUMABLE: ReadonlySet<string> = new Set(['model_failed', 'expired', 'definition_changed'])

/** Reasons that end a run: there is nothing left to cancel. */
const CLOSED: ReadonlySet<string> = new Set(['completed', 'cancelled', 'expired', 'handed_off'])

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

function notWaiting(fold: Fold, wanted: string): LockstepError {
  const { rest, run } = fold.state
  const stands = rest === null ? 'is under way' : `rests ${rest.reason}: ${rest.message}`
  return new LockstepError('not_waiting', `run ${run} does not wait for ${wanted}; it ${stands}`)
}

function messageEvents(fold: Fold, given: string | JsonObject): readonly Entry[] {
  const { state } = fold
  const input = typeof given === 'string' ? { message: given } : given
  const turn: Entry = { type: 'turn.started', turn: state.turn + 1, input }
  const reason = state.rest?.reason ?? ''
  if (reason === 'needs_input') {
    const answers = state.rest?.pending ?? []
    const answer = typeof given === 'string' ? given : (given['message'] ?? given)
    return [
      turn,
      ...answers.map((pending): Entry => ({
        type: 'tool.returned',
        call: pending.call,
        output: { answer },
      })),
    ]
  }
  if (!OPEN_TO_MESSAGES.has(reason)) throw notWaiting(fold, 'a message')
  return [turn]
}

function answerEvents(fold: Fold, results: readonly ClientResult[]): readonly Entry[] {
  const { rest } = fold.state
  if (rest?.reason !== 'needs_client') throw notWaiting(fold, 'client results')
  const open = new Set(rest.pending.map((pending) => pending.call))
  return results.map((result) => {
    if (!open.delete(result.call)) {
      throw new LockstepError(
        'not_waiting',
        `no client call ${result.call} is pending; pending: ${[...open].join(', ')}`,
      )
    }
    return 'output' in result
      ? { type: 'tool.returned', call: result.call, output: result.output }
      : { type: 'tool.failed', call: result.call, attempt: 1, error: result.error }
  })
}

function settleEvents(fold: Fold, answer: DoubtAnswer): readonly Entry[] {
  const { rest } = fold.state
  const doubted = rest?.pending.some((pending) => pending.call === answer.call) === true
  if (rest?.reason !== 'tool_in_doubt' || !doubted)
    throw notWaiting(fold, `word on call ${answer.call}`)
  if (answer.executed) {
    return [
      { type: 'tool.returned', call: answer.call, output: answer.output ?? { executed: true } },
    ]
  }
  const message = 'a person found that it did not happen'
  return [
    {
      type: 'call.failed',
      call: answer.call,
      error: { code: 'NOT_EXECUTED', message, executed: false },
    },
  ]
}

function resumeEvents(fold: Fold, model: string | null): readonly Entry[] {
  const { rest } = fold.state
  if (rest !== null && !RESUMABLE.has(rest.reason)) throw notWaiting(fold, 'a resumption')
  return [{ type: 'run.resumed', ...(model === null ? {} : { model }) }]
}

function cancelEvents(fold: Fold): readonly Entry[] {
  const { rest } = fold.state
  if (rest !== null && CLOSED.has(rest.reason)) throw notWaiting(fold, 'a cancellation')
  return [{ type: 'run.resumed' }, { type: 'cancel.requested' }]
}
