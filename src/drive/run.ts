import type { Fold } from '../core/log/fold/fold.ts'
import type { Entry, Event } from '../core/log/event.ts'
import type { RunRecord } from '../core/log/record/run-record.ts'
import type { JsonObject } from '../core/spec/json.ts'
import { hideInput } from '../perform/secret/hide-secrets.ts'
import type { Vault } from '../perform/secret/vault.ts'
import type { Lease } from '../store/store.ts'
import { drive, type Driven } from './drive.ts'
import type { LoadedWorkflow } from './load/loaded-workflow.ts'
import {
  approvalEvents,
  confirmationEvents,
  leaseWhenFree,
  namedRequest,
  statementEvents,
  whenDone,
  type ApprovalAnswer,
  type Confirmation,
} from './approve.ts'
import {
  answerEvents,
  asLogged,
  cancelEvents,
  fillEvents,
  messageEvents,
  isResumable,
  resumeEvents,
  settleEvents,
  type ClientResult,
  type DoubtAnswer,
} from './first-events.ts'
import { adoptionEvents } from './adopt.ts'
import {
  checkpointEvents,
  rewindEvents,
  type CheckpointShown,
  type RewindOptions,
} from './go-back.ts'
import { LockstepError } from './lockstep-error.ts'
import { createRunLog, type RunLog } from './run-log.ts'
import type { RunOptions } from './run-options.ts'

/*
 * One run as its user holds it: its events as they are committed, its record, and the ways to go on
 * with it. Each way takes the run's lease, catches up with its log, drives, and lets go.
 */

export interface Run {
  readonly id: string
  /** What it goes by, as this handle has it. */
  readonly workflow: LoadedWorkflow
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
  /**
   * Approves a held call. The answer is in the log whatever the kernel concludes of it; whether it
   * counted, and why not, is in the ledger. Waits a while for a run that is being driven (Law 8).
   */
  approve(answer: ApprovalAnswer): Promise<RunRecord>
  /** Denies a held call: the model is told so, with the reason, and goes on without it. */
  deny(answer: ApprovalAnswer): Promise<RunRecord>
  /** The user's yes to exactly this call, before it is made or when it is asked about (S2.5). */
  confirm(confirmation: Confirmation): Promise<RunRecord>
  /** Records what the user stated, for gates to read as `$.user.KIND`; works at any rest. */
  state(kind: string, facts: JsonObject): Promise<RunRecord>
  /**
   * Gives what the packet of an escalated run lacks: fields of the workflow's handoff schema, or
   * `customer_id`. The packet is compiled anew and delivered; the run is handed off once it is whole.
   */
  fillHandoff(filled: { readonly fields: JsonObject; readonly by?: string }): Promise<RunRecord>
  /** Goes on after `model_failed`, where a driver left off, or with a handoff that was not delivered. */
  resume(): Promise<RunRecord>
  /** Names the place where the run rests between two steps, to go back to (S1.12). */
  checkpoint(name: string): Promise<RunRecord>
  /** The places to which it can go back, the oldest first. */
  checkpoints(): readonly CheckpointShown[]
  /**
   * Goes back to a checkpoint and on from there (S1.13). Writes since then are taken back with their
   * `undo`, the newest first; what cannot be is named, and needs an approval first. Refused, the run
   * rests as it did; the log says why.
   */
  rewind(options: RewindOptions): Promise<RunRecord>
  cancel(): Promise<RunRecord>
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

type First = (fold: Fold, vault: Vault | null) => readonly Entry[]

/**
 * `patient`: waits a while for whoever drives the run, instead of failing. `keyless`: says nothing
 * that could hold a secret, so that it needs no key for them.
 */
type Go = (
  first: First,
  how?: { readonly patient?: boolean; readonly keyless?: boolean },
) => Promise<RunRecord>

function createRun(options: RunOptions, log: RunLog): { readonly run: Run; readonly go: Go } {
  const { id, store } = options

  const go: Go = (first, how) => {
    if (log.isDriving()) {
      // A second call while this handle drives is refused, and `done` stays the first one's.
      if (how?.patient !== true) return Promise.reject(busy(id))
      return whenDone(run.done).then((ended) => (ended ? go(first, how) : Promise.reject(busy(id))))
    }
    log.begin()
    const { patient = false, keyless = false } = how ?? {}
    const done = goOnce(options, log, { first, patient, keyless })
    run.done = done
    // Whoever holds `done` sees the failure; nobody need hold it.
    done.catch(() => {})
    return done
  }

  /** Under an edited definition only what fits goes on (Law 13); people's words are written down anyway. */
  const goPinned: Go = (first) =>
    go((fold, vault) => {
      const adopted = adoptionEvents(fold.state, options.workflow.plan, options.adoption)
      return [...adopted, ...first(fold, vault)]
    })

  // Set anew by `go`, and no getter: a getter's hidden class outlives the run that it belongs to.
  const run: Run & { done: Promise<RunRecord> } = {
    id,
    workflow: options.workflow,
    done: Promise.resolve(log.record()),
    events: () => log.events(),
    record: () => log.record(),
    send: (input) =>
      goPinned((fold, vault) => {
        const hidden =
          typeof input === 'string' || vault === null
            ? input
            : hideInput(input, { vault, plan: options.workflow.plan })
        return messageEvents(fold, hidden)
      }),
    answer: (results) => goPinned(() => answerEvents(log.fold, results)),
    settle: (answer) => goPinned(() => settleEvents(log.fold, answer)),
    ...wordsOfPeople(log, go),
    fillHandoff: (filled) => go(() => fillEvents(log.fold, filled)),
    resume: () =>
      goPinned((fold) => {
        // One that is opened under an edited definition may only take that on, and go on waiting.
        const adopts = fold.state.digest !== options.workflow.plan.digest
        const on = { model: options.model, now: options.clock.now() }
        return adopts && !isResumable(fold) ? [] : resumeEvents(fold, on)
      }),
    checkpoint: (name) => goPinned((fold) => checkpointEvents(fold, name)),
    checkpoints: () => log.checkpoints(),
    rewind: (given) => goPinned((fold) => rewindEvents(fold, given)),
    async cancel() {
      const lease = await store.tryAcquire(id)
      if (lease === null) {
        await log.begun()
        // Its driver, here or elsewhere, sees the mark and ends the run.
        await store.requestCancel(id)
        return run.done
      }
      await lease.release()
      return go(() => cancelEvents(log.fold), { keyless: true })
    },
  }
  return { run, go }
}

/** What people say is written down whoever drives the run, and is never lost for that. */
function wordsOfPeople(log: RunLog, go: Go): Pick<Run, 'approve' | 'deny' | 'confirm' | 'state'> {
  const { fold } = log
  const decided = async (
    decision: 'approve' | 'deny',
    answer: ApprovalAnswer,
  ): Promise<RunRecord> => {
    const request = namedRequest(fold.state, answer)
    return go(() => approvalEvents(fold, { decision, answer, request }), { patient: true })
  }
  return {
    approve: (answer) => decided('approve', answer),
    deny: (answer) => decided('deny', answer),
    confirm: (given) => go(() => confirmationEvents(fold, given), { patient: true }),
    state: (kind, facts) => go(() => statementEvents(fold, { kind, facts }), { patient: true }),
  }
}

/** Takes the lease, catches up, drives to the next rest, lets go. */
async function goOnce(
  options: RunOptions,
  log: RunLog,
  on: { readonly first: First; readonly patient: boolean; readonly keyless: boolean },
): Promise<RunRecord> {
  const { id, store } = options
  try {
    const lease = on.patient ? await leaseWhenFree(store, options) : await store.tryAcquire(id)
    if (lease === null) throw busy(id)
    try {
      await log.catchUp()
      assertUnmoved(options, log)
      const vault = on.keyless ? null : options.vault()
      await vault?.load(id, log.fold.state.forked?.from ?? null)
      await driveOn(options, log, { lease, vault, first: asLogged(on.first(log.fold, vault)) })
    } finally {
      await lease.release()
    }
  } finally {
    log.end()
  }
  return log.record()
}

function driveOn(
  options: RunOptions,
  log: RunLog,
  on: {
    readonly lease: Lease
    readonly vault: Vault | null
    readonly first: readonly Entry[]
  },
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

/** Under the lease, so that nobody can go on with it in between. */
function assertUnmoved({ id, expected }: RunOptions, { fold }: RunLog): void {
  const { seq } = fold.state
  if (expected === undefined || expected === seq) return
  const message = `run ${id} has ${seq} events, and you saw ${expected}: look at it again`
  throw new LockstepError('head_moved', message)
}

function busy(id: string): LockstepError {
  return new LockstepError('run_busy', `run ${id} has a driver already`)
}
