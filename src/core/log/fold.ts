import { newDraft, type StateDraft } from './draft.ts'
import type { Event, EventOf } from './event.ts'
import {
  foldCallFailed,
  foldDispatched,
  foldDoubted,
  foldFailed,
  foldJudged,
  foldReturned,
  foldRetried,
  foldWaitEnded,
} from './fold-call.ts'
import {
  foldAnswered,
  foldCriteriaFailed,
  foldModelCalled,
  foldStepCompleted,
  foldStepEntered,
} from './fold-step.ts'
import type { State } from './state.ts'

/*
 * Log in, state out: amortised O(1) per event, the same result anywhere (Laws 9 and 10).
 */

/** A log being folded. `state` is live: it shows each event as soon as it is added. */
export interface Fold {
  readonly state: State
  /** Adds the next event. Throws a RangeError when it is not the next one: a log has no gaps. */
  add(event: Event): void
}

/** Starts a fold for a plan's tools; conditions find each tool's history from the start. */
export function createFold(tools: Iterable<string>): Fold {
  const draft = newDraft(tools)
  return {
    state: draft,
    add(event) {
      if (event.seq !== draft.seq + 1) {
        throw new RangeError(`event ${event.seq} does not follow event ${draft.seq}`)
      }
      passTime(draft, event)
      apply(draft, event)
      draft.seq = event.seq
    },
  }
}

/** Folds a whole log. */
export function fold(tools: Iterable<string>, events: Iterable<Event>): State {
  const folding = createFold(tools)
  for (const event of events) folding.add(event)
  return folding.state
}

/** Counts time as spent only while a driver worked: not at rest, not between two drivers. */
function passTime(draft: StateDraft, event: Event): void {
  const idle = draft.seq === 0 || draft.rest !== null || event.type === 'run.resumed'
  if (!idle) draft.activeMs += Math.max(0, event.at - draft.at)
  draft.at = Math.max(draft.at, event.at)
}

function apply(draft: StateDraft, event: Event): void {
  switch (event.type) {
    case 'run.started':
      return foldRunStarted(draft, event)
    case 'turn.started':
      return foldTurnStarted(draft, event)
    case 'run.resumed':
      return foldResumed(draft)
    case 'cancel.requested':
      draft.cancelRequested = true
      // Also what waits for somebody ends.
      draft.rest = null
      return
    case 'step.entered':
      return foldStepEntered(draft, event)
    case 'model.called':
      return foldModelCalled(draft, event)
    case 'model.answered':
      return foldAnswered(draft, event)
    case 'model.failed':
      draft.branch.where = { at: 'model-failed', error: event.error }
      return
    case 'model.retried':
      draft.branch.where = { at: 'model-wait', delayMs: event.delayMs }
      return
    case 'call.judged':
      return foldJudged(draft, event)
    case 'tool.dispatched':
      return foldDispatched(draft, event)
    case 'tool.returned':
      return foldReturned(draft, event)
    case 'tool.failed':
      return foldFailed(draft, event)
    case 'call.failed':
      return foldCallFailed(draft, event)
    case 'tool.retried':
      return foldRetried(draft, event)
    case 'tool.doubted':
      return foldDoubted(draft, event)
    case 'wait.ended':
      return foldWaitEnded(draft, event)
    case 'output.rejected':
      draft.branch.transcript.push({ role: 'user', text: event.message })
      draft.branch.sentBack = 'output'
      draft.branch.where = { at: 'ready' }
      return
    case 'criteria.failed':
      return foldCriteriaFailed(draft, event)
    case 'step.completed':
      return foldStepCompleted(draft, event)
    case 'transition.taken':
      draft.transitions++
      draft.branch.where = { at: 'entering', step: event.to }
      return
    case 'limit.reached':
      return foldLimit(draft, event)
    case 'run.rested':
      draft.rest = { reason: event.reason, message: event.message, pending: event.pending ?? [] }
      return
  }
}

function foldRunStarted(draft: StateDraft, event: EventOf<'run.started'>): void {
  draft.run = event.run
  draft.workflow = event.workflow
  draft.digest = event.digest
  draft.input = event.input
  draft.session = event.session
  draft.instructions = event.instructions
}

/** A turn begins at a step, or goes on with the batch whose question it answers. */
function foldTurnStarted(draft: StateDraft, event: EventOf<'turn.started'>): void {
  draft.turn = event.turn
  draft.input = { ...draft.input, ...event.input }
  draft.transitions = 0
  draft.messageSent = false
  draft.rest = null
  draft.limit = null
  const { branch } = draft
  const answering = branch.where.at === 'batch' && branch.settled < branch.batch.length
  if (!answering) branch.where = { at: 'turn' }
}

/** What the last driver had under way is cut off; `decide` says what becomes of it (Law 11). */
function foldResumed(draft: StateDraft): void {
  const { branch } = draft
  if (draft.rest?.reason === 'model_failed') {
    draft.rest = null
    branch.where = { at: 'ready' }
  }
  const { model, where } = branch
  if (where.at === 'model' && !where.cut && model !== null) {
    branch.model = { ...model, cuts: model.cuts + 1 }
  }
  if (where.at === 'model' || where.at === 'model-wait') {
    branch.where = { at: 'model', cut: true }
  }
  for (const call of branch.batch) {
    if (call.status === 'retrying') call.status = 'due'
    if (call.status === 'dispatched') call.cut = true
  }
}

function foldLimit(draft: StateDraft, event: EventOf<'limit.reached'>): void {
  const { reason, limit, message } = event
  draft.limit = { reason, limit, message }
  draft.branch.transcript.push({ role: 'user', text: message })
  draft.branch.where = { at: 'closing' }
}
