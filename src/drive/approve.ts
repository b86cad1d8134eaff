import { setTimeout as sleep } from 'node:timers/promises'
import { inBranch } from '../core/log/in-branch.ts'
import type { Entry } from '../core/log/event.ts'
import type { Fold } from '../core/log/fold/fold.ts'
import type { Approval, State } from '../core/log/state.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import type { Lease, Store } from '../store/store.ts'
import { notWaiting } from './first-events.ts'
import { LockstepError } from './lockstep-error.ts'

/*
 * What people say of a run, as events. Nothing is concluded here: whether an answer counts is for
 * the kernel, so that every one of them is in the log, also a forged or a late one (Law 8).
 */

/** Somebody's answer to a request for an approval. */
export interface ApprovalAnswer {
  /** The request, or the call that it is about; may be left out where only one is open. */
  readonly request?: string
  readonly call?: string
  /** Who answers. */
  readonly by: string
  /** The roles that the host knows them to have; ignored where the workflow has `people`. */
  readonly roles?: readonly string[]
  readonly reason?: string
  /** The arguments that they saw; others than those that were asked about are refused. */
  readonly args?: Json
}

/** The user's yes to exactly this tool with exactly these arguments. */
export interface Confirmation {
  readonly tool: string
  readonly args: Json
  /** The sub-run that asks for it, as its pending call names it; else whichever asks, or the run itself. */
  readonly branch?: string
}

/** How long an answer waits for a run that has a driver: its word must not be lost. */
const PATIENCE_MS = 30_000
const FIRST_POLL_MS = 20
const MAX_POLL_MS = 250

/**
 * The request that an answer names; null when nothing is open. Look it up before the run's driver is
 * waited for: what was answered meanwhile is then refused by the kernel, and in the ledger. Throws a
 * LockstepError `several_requests`.
 */
export function namedRequest(state: State, answer: ApprovalAnswer): string | null {
  const { request, call } = answer
  if (request !== undefined) return request
  const all = [...state.approvals.values()]
  // A call about which nothing was asked is refused under its own name.
  if (call !== undefined)
    return all.findLast((each) => each.request.call === call)?.request.id ?? call
  const open = asked(state, all).map((each) => each.request)
  if (open.length > 1) {
    const listed = open.map(({ id, tool, args }) => `${id} (${tool} ${JSON.stringify(args)})`)
    throw new LockstepError(
      'several_requests',
      `run ${state.run} waits for ${open.length} approvals: ${listed.join(', ')}`,
    )
  }
  return open[0]?.id ?? null
}

/** The open requests: where the run rests for some of them, those. */
function asked(state: State, all: readonly Approval[]): readonly Approval[] {
  const open = all.filter(({ status }) => status === 'open')
  const pending = new Set(state.rest?.pending.map(({ request }) => request))
  const waitedFor = open.filter(({ request }) => pending.has(request.id))
  return waitedFor.length > 0 ? waitedFor : open
}

/** The event of an answer. Throws a LockstepError `not_waiting` where nothing was asked. */
export function approvalEvents(
  fold: Fold,
  given: {
    readonly decision: 'approve' | 'deny'
    readonly answer: ApprovalAnswer
    /** As it was named before the driver was waited for. */
    readonly request: string | null
  },
): readonly Entry[] {
  const { decision, answer } = given
  const request = given.request ?? namedRequest(fold.state, answer)
  if (request === null) throw notWaiting(fold, 'an approval')
  const { by, roles = [], reason = '', args } = answer
  return said(fold.state, {
    type: 'approval.answered',
    request,
    decision,
    by,
    roles,
    reason,
    ...(args === undefined ? {} : { args }),
  })
}

/** The event of a confirmation; it may come before the call that it is for, or when it is asked. */
export function confirmationEvents(fold: Fold, given: Confirmation): readonly Entry[] {
  const { tool, args, branch = '' } = given
  if (!fold.state.branches.has(branch)) {
    throw new LockstepError('invalid_input', `run ${fold.state.run} has no sub-run ${branch}`)
  }
  return said(fold.state, inBranch({ type: 'user.confirmed', tool, args }, branch))
}

/** Something that the user stated, under the kind by which gates read it. */
export interface Statement {
  readonly kind: string
  readonly facts: JsonObject
}

/**
 * The event of something that the user stated, which gates read as `$.user.KIND`. Throws a
 * LockstepError `invalid_input` for a kind that no path can name.
 */
export function stated({ kind, facts }: Statement): Entry {
  if (!/^[A-Za-z_]\w*$/.test(kind)) {
    throw new LockstepError(
      'invalid_input',
      `${JSON.stringify(kind)} is no kind of statement: give a name of letters, digits and _`,
    )
  }
  return { type: 'user.stated', kind, facts }
}

/** The same for a run that is there, whether it rests or lost its driver. */
export function statementEvents(fold: Fold, statement: Statement): readonly Entry[] {
  return said(fold.state, stated(statement))
}

/** A run whose driver is gone goes on with it: what was under way is cut off first (Law 11). */
function said(state: State, entry: Entry): readonly Entry[] {
  return state.rest === null ? [{ type: 'run.resumed' }, entry] : [entry]
}

/** Takes the lease of a run once its driver lets go; null when that takes too long. */
export async function leaseWhenFree(
  store: Store,
  on: { readonly id: string; readonly signal: AbortSignal },
): Promise<Lease | null> {
  const until = performance.now() + PATIENCE_MS
  for (let delay = FIRST_POLL_MS; ; delay = Math.min(delay * 1.5, MAX_POLL_MS)) {
    const lease = await store.tryAcquire(on.id)
    if (lease !== null || on.signal.aborted || performance.now() > until) return lease
    await sleep(delay)
  }
}

/** True once a drive has ended, however it did; false when that takes longer than an answer waits. */
export async function whenDone(done: Promise<unknown>): Promise<boolean> {
  const stop = new AbortController()
  const ended = done.then(
    () => true,
    () => true,
  )
  const over = sleep(PATIENCE_MS, false, { signal: stop.signal }).catch(() => false)
  const result = await Promise.race([ended, over])
  stop.abort()
  return result
}
