import { findCheckpoint } from '../core/decide/rewind/rewind.ts'
import type { BatchCall } from '../core/log/call.ts'
import type { Event } from '../core/log/event.ts'
import { fold } from '../core/log/fold/fold.ts'
import type { State } from '../core/log/state.ts'
import { EVENT_VERSION, upcast } from '../core/log/upcast.ts'
import { legalNames } from '../core/spec/issue.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Clock } from '../perform/clock.ts'
import type { Signer } from '../store/chain/seal.ts'
import type { Lease, RunRow, Store } from '../store/store.ts'
import { LockstepError } from './lockstep-error.ts'

/*
 * A run made of another's first events. Nothing that a person granted comes along, and the places
 * that the first run holds under `limit` gates are taken for both before the copy exists: whatever
 * the one has done, the other cannot do once more.
 */

export interface ForkOptions {
  /** The name of a checkpoint, or the number of an event at which one stands; the log's end when left out. */
  readonly at?: string | number
  /** The copy's id; made when left out. */
  readonly id?: string
  readonly by?: string
  /** How many events the log had when whoever forks it looked; `head_moved` where it grew since. */
  readonly expected?: number
}

/** What a fork needs of its runtime. */
export interface Forking extends ForkOptions {
  readonly id: string
  readonly store: Store
  readonly clock: Clock
  readonly sign?: Signer | undefined
  readonly plan: Plan
  readonly row: RunRow
}

/**
 * Copies a run's log up to a checkpoint or its rest under a new id; the copy does not go on by itself.
 * Rejects with `run_busy`, `run_exists` or `not_forkable` before anything is written. What a crash
 * leaves behind may hold places for nobody; it never lets one be used twice.
 */
export async function forkRun(forking: Forking): Promise<void> {
  const { store, row, id } = forking
  const lease = await store.tryAcquire(row.run)
  if (lease === null) throw new LockstepError('run_busy', `run ${row.run} has a driver already`)
  try {
    const copy = await store.tryAcquire(id)
    if (copy === null || (await store.find(id)) !== null) {
      await copy?.release()
      throw new LockstepError('run_exists', `there is a run ${id} already`)
    }
    try {
      await writeFork(forking, lease, copy)
    } finally {
      await copy.release()
    }
  } finally {
    await lease.release()
  }
}

async function writeFork(forking: Forking, lease: Lease, copy: Lease): Promise<void> {
  const { store, clock, plan, row, id, by = null, sign } = forking
  const events = await readLog(store, row.run)
  const whole = fold(plan.histories, events)
  assertUnmoved(forking, whole)
  const position = positionOf(forking, whole)
  const prefix = events.slice(0, position)
  const then = fold(plan.histories, prefix)
  assertWhole(forking, prefix, then)
  const family = whole.family ?? row.run
  // Of a run that has forks already they are claimed, each before its call ran.
  if (whole.family === null) await claimAll(store, whole)
  const at = clock.now()
  const { run: _, head: __, createdAt: ___, updatedAt: ____, ...head } = row
  await store.append({
    lease,
    expected: whole.seq,
    events: [{ v: EVENT_VERSION, seq: whole.seq + 1, at, type: 'fork.made', run: id, position }],
    head,
    sync: true,
    ...(row.reason === null || sign === undefined ? {} : { sign }),
  })
  const forked: Event = {
    v: EVENT_VERSION,
    seq: position + 1,
    at,
    type: 'run.forked',
    run: id,
    from: row.run,
    position,
    family,
    by,
  }
  const state = fold(plan.histories, [...prefix, forked])
  await store.append({
    lease: copy,
    expected: 0,
    events: [...prefix, forked],
    head: {
      ...head,
      digest: state.digest,
      reason: state.rest?.reason ?? null,
      step: state.branch.step,
    },
    sync: false,
  })
}

function assertUnmoved({ expected, row }: Forking, { seq }: State): void {
  if (expected === undefined || expected === seq) return
  const message = `run ${row.run} has ${seq} events, and you saw ${expected}: look at it again`
  throw new LockstepError('head_moved', message)
}

async function readLog(store: Store, run: string): Promise<readonly Event[]> {
  return (await store.read(run, 0)).map((stored) => {
    const read = upcast(stored)
    if (!read.ok) throw new LockstepError('newer_log', read.message)
    return read.event
  })
}

function positionOf({ at, row }: Forking, { branch, seq }: State): number {
  if (at === undefined) return seq
  if (typeof at === 'number') {
    if (Number.isInteger(at) && at >= 1 && at <= seq) return at
    const message = `run ${row.run} has no event ${at}; its events are 1 to ${seq}`
    throw new LockstepError('not_forkable', message)
  }
  const checkpoint = findCheckpoint(branch, at)
  if (checkpoint !== undefined) return checkpoint.seq
  const legal = legalNames(at, new Set(branch.checkpoints.map(({ name }) => name)))
  throw new LockstepError(
    'not_forkable',
    `run ${row.run} has no checkpoint ${JSON.stringify(at)}; ${legal}`,
  )
}

/** Events after which a run stands between two moves. */
const RESTS: ReadonlySet<string> = new Set([
  'run.rested',
  'step.completed',
  'checkpoint.made',
  'run.rewound',
  'rewind.refused',
  'fork.made',
])

/** Forking is between steps or at a rest, with nothing under way that two runs would both wait for. */
function assertWhole({ plan, row }: Forking, prefix: readonly Event[], state: State): void {
  const last = prefix.at(-1)
  const begins = last?.type === 'turn.started' && last.turn === 1
  const stands = last !== undefined && (RESTS.has(last.type) || begins || state.rest !== null)
  const where = `run ${row.run} at event ${last?.seq ?? 0}`
  if (!stands) {
    const legal = state.branch.checkpoints.map(({ name, seq }) => `${name} (${seq})`).join(', ')
    const message = `${where} is in the middle of a step; fork it at a checkpoint: ${legal}`
    throw new LockstepError('not_forkable', message)
  }
  const open = state.active.flatMap((id) =>
    (state.branches.get(id)?.batch ?? []).filter((call) => isUnderWay(plan, call)),
  )
  if (open.length > 0 || state.branch.where.at === 'undoing') {
    const tools = open.map(({ tool, id }) => `${tool} (${id})`).join(', ')
    const message = `${where} waits for ${tools === '' ? 'an undo' : tools}, which only one run can have; fork it at an earlier checkpoint`
    throw new LockstepError('not_forkable', message)
  }
}

/** True for a call that was sent off; a question to the user may be asked in both runs. */
function isUnderWay(plan: Plan, { status, attempt, tool }: BatchCall): boolean {
  return attempt > 0 && status !== 'settled' && plan.tools.get(tool)?.kind !== 'request-input'
}

/** Takes what the run holds for its own, among all copies that will ever be made of it. */
async function claimAll(store: Store, { run, places }: State): Promise<void> {
  for (const [call, held] of places) {
    const all = held.map((place) => ({ ...place, calls: Number.MAX_SAFE_INTEGER }))
    await store.claim({ family: run, run, call, places: all })
  }
}
