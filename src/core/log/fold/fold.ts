import type { BranchDraft, Site, StateDraft } from './draft.ts'
import { newDraft } from './new-draft.ts'
import type { BranchEvent } from '../event-branch.ts'
import type { ChainEvent } from '../event-chain.ts'
import type { Event, EventOf } from '../event.ts'
import type { MemoryEvent } from '../event-memory.ts'
import type { PersonEvent } from '../event-person.ts'
import {
  foldCallFailed,
  foldCheck,
  foldDispatched,
  foldDoubted,
  foldFailed,
  foldJudged,
  foldPlacesRefused,
  foldReturned,
  foldRetried,
  foldUndoCalled,
  foldWaitEnded,
} from './fold-call.ts'
import { callOf } from './batch-call.ts'
import { applyToChain } from './fold-chain.ts'
import { applyToMemory } from './fold-memory.ts'
import { foldBranchStarted, foldItemsJoined, foldItemsListed, foldRested } from './fold-branch.ts'
import { foldPersonEvent } from './fold-person.ts'
import { foldAdopted, foldForked } from './fold-fork.ts'
import {
  foldRewindRefused,
  foldRewindRequested,
  foldRewindStarted,
  foldRewound,
  makeCheckpoint,
} from './fold-rewind.ts'
import { foldResumed, foldRunStarted, foldTurnStarted } from './fold-run.ts'
import {
  foldAnswered,
  foldCriteriaFailed,
  foldLimit,
  foldModelCalled,
  foldModelFailed,
  foldModelRetried,
  foldStepCompleted,
  foldStepEntered,
  foldStepFailed,
  foldTransition,
} from './fold-step.ts'
import type { State } from '../state.ts'

/*
 * Log in, state out: amortised O(1) per event, the same result anywhere (Laws 9 and 10).
 */

type CallEventType =
  | 'call.judged'
  | 'tool.dispatched'
  | 'tool.returned'
  | 'tool.failed'
  | 'call.failed'
  | 'tool.retried'
  | 'tool.doubted'
  | 'wait.ended'
  | 'check.answered'
  | 'check.failed'
  | 'places.claimed'
  | 'places.refused'

type OtherEventType =
  | PersonEvent['type']
  | ChainEvent['type']
  | MemoryEvent['type']
  | Exclude<BranchEvent['type'], CallEventType | 'branch.started' | 'step.failed'>

/** A log being folded. `state` is live: it shows each event as soon as it is added. */
export interface Fold {
  readonly state: State
  /** Adds the next event. Throws a RangeError when it is not the next one: a log has no gaps. */
  add(event: Event): void
}

/**
 * Starts a fold. `tools` are the names that conditions may read, also of sub-workflows
 * (`plan.histories`): conditions find each tool's history from the start.
 */
export function createFold(tools: Iterable<string>): Fold {
  const names = [...tools]
  const draft = newDraft(names)
  return {
    state: draft,
    add(event) {
      if (event.seq !== draft.seq + 1) {
        throw new RangeError(`event ${event.seq} does not follow event ${draft.seq}`)
      }
      passTime(draft, event)
      if (event.type === 'branch.started') foldBranchStarted(draft, event, names)
      else apply({ draft, branch: branchOf(draft, event) }, event)
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

function branchOf(draft: StateDraft, event: Event): BranchDraft {
  if (event.branch === undefined) return draft.branch
  const branch = draft.branches.get(event.branch)
  if (branch === undefined) throw new RangeError(`event ${event.seq}: no branch ${event.branch}`)
  return branch
}

/** What is written before a driver works. */
const BETWEEN: ReadonlySet<Event['type']> = new Set(['run.resumed', 'run.forked', 'fork.made'])

/** Counts time as spent only while a driver worked: not at rest, not between two drivers. */
function passTime(draft: StateDraft, event: Event): void {
  const idle = draft.seq === 0 || draft.rest !== null || BETWEEN.has(event.type)
  if (!idle) draft.activeMs += Math.max(0, event.at - draft.at)
  draft.at = Math.max(draft.at, event.at)
}

function apply(site: Site, event: Exclude<Event, { type: 'branch.started' }>): void {
  const { draft, branch } = site
  switch (event.type) {
    case 'run.started':
      return foldRunStarted(draft, event)
    case 'turn.started':
      return foldTurnStarted(draft, event)
    case 'run.resumed':
      return foldResumed(draft, event)
    case 'cancel.requested':
      draft.cancelRequested = true
      // Also what waits for somebody ends.
      draft.rest = null
      return
    case 'step.entered':
      return foldStepEntered(site, event)
    case 'model.called':
      return foldModelCalled(site, event)
    case 'model.answered':
      return foldAnswered(site, event)
    case 'model.failed':
      return foldModelFailed(site, event)
    case 'model.retried':
      return foldModelRetried(branch, event)
    case 'output.rejected':
      branch.transcript.push({ role: 'user', text: event.message })
      branch.sentBack = 'output'
      branch.where = { at: 'ready' }
      return
    case 'criteria.failed':
      return foldCriteriaFailed(branch, event)
    case 'step.completed':
      return foldStepCompleted(site, event)
    case 'step.failed':
      return foldStepFailed(branch, event)
    case 'transition.taken':
      return foldTransition(site, event)
    case 'limit.reached':
      return foldLimit(branch, event)
    case 'run.rested':
      return foldRested(site, event)
    default:
      return applyToCall(site, event)
  }
}

/** What is said of one call of a batch, or of a wait. */
function applyToCall(site: Site, event: EventOf<CallEventType | OtherEventType>): void {
  switch (event.type) {
    case 'call.judged':
      return foldJudged(site, event)
    case 'tool.dispatched':
      return foldDispatched(site, event)
    case 'tool.returned':
      return foldReturned(site, event)
    case 'tool.failed':
      return foldFailed(site, event)
    case 'call.failed':
      return foldCallFailed(site, event)
    case 'tool.retried':
      return foldRetried(site, event)
    case 'tool.doubted':
      return foldDoubted(site, event)
    case 'wait.ended':
      return foldWaitEnded(site, event)
    case 'check.answered':
    case 'check.failed':
      return foldCheck(site, event)
    case 'places.claimed':
      callOf(site.branch, event.call).claimed = true
      return
    case 'places.refused':
      return foldPlacesRefused(site, event)
    default:
      return applyToBranch(site, event)
  }
}

/** What branches, joins, goes back or is copied. */
function applyToBranch(site: Site, event: EventOf<OtherEventType>): void {
  const { draft, branch } = site
  switch (event.type) {
    case 'items.listed':
      return foldItemsListed(branch, event)
    case 'items.joined':
      return foldItemsJoined(site, event)
    case 'checkpoint.made':
      return makeCheckpoint(branch, { name: event.name, seq: event.seq })
    case 'rewind.requested':
      return foldRewindRequested(site, event)
    case 'rewind.refused':
      return foldRewindRefused(draft, branch)
    case 'rewind.started':
      return foldRewindStarted(site, event)
    case 'undo.called':
      return foldUndoCalled(site, event)
    case 'run.rewound':
      return foldRewound(site, event)
    case 'run.forked':
      return foldForked(draft, event)
    case 'fork.made':
      draft.family ??= draft.run
      return
    case 'definition.adopted':
      return foldAdopted(draft, event)
    case 'decision.rejected':
    case 'decision.inferred':
    case 'confidence.doubted':
    case 'slots.filled':
    case 'slots.rejected':
    case 'input.answered':
    case 'call.resolved':
    case 'artifact.rejected':
    case 'artifact.stored':
    case 'artifact.verified':
      return applyToChain(site, event)
    case 'memory.recalled':
    case 'memory.kept':
    case 'memory.failed':
      return applyToMemory(site, event)
    default:
      return foldPersonEvent(site, event)
  }
}
