import type { BranchDraft, Site, StateDraft } from './draft.ts'
import { emptyRecord, newBranch } from './new-draft.ts'
import type { Outcome } from '../event-branch.ts'
import type { Branch } from '../branch.ts'
import { WAITING } from '../end-of.ts'
import type { EventOf } from '../event.ts'
import { makeCheckpoint, START } from './fold-rewind.ts'
import { giveBackReserve } from './spend.ts'

/*
 * How sub-runs begin, end and join. A branch waits where somebody outside can let it go on; with any
 * other reason it has ended, and what waits for it gets its outcome.
 */

export function foldBranchStarted(
  draft: StateDraft,
  event: EventOf<'branch.started'>,
  tools: readonly string[],
): void {
  const id = event.branch ?? ''
  const parent = draft.branches.get(event.parent)
  if (parent === undefined || id === '' || draft.branches.has(id)) {
    throw new RangeError(`event ${event.seq}: branch ${id} cannot begin under ${event.parent}`)
  }
  const { call, item, workflow } = event
  const branch = newBranch(tools, {
    id,
    parent: { branch: event.parent, call, item, workflow },
    depth: parent.depth + 1,
    sinceMs: draft.activeMs,
  })
  branch.input = event.input
  branch.heard = event.input
  branch.trusted = event.trusted
  branch.instructions = event.instructions
  makeCheckpoint(branch, { name: START, seq: event.seq })
  draft.branches.set(id, branch)
  draft.active.push(id)
  if (item !== null) parent.fan?.branches.push(id)
  const of = call === null ? undefined : parent.batch[parent.batchIndex.get(call) ?? -1]
  if (of !== undefined) of.subRun = id
}

/** The item that a branch is for: its own, or that of the nearest branch above it. */
export function nearestItem(
  branches: ReadonlyMap<string, Pick<Branch, 'parent'>>,
  branch: Pick<Branch, 'parent'>,
): number | null {
  const { parent } = branch
  if (parent === null || parent.item !== null) return parent?.item ?? null
  const above = branches.get(parent.branch)
  return above === undefined ? null : nearestItem(branches, above)
}

export function foldItemsListed(branch: BranchDraft, event: EventOf<'items.listed'>): void {
  const { step, items, trusted } = event
  branch.fan = { step, items, trusted, branches: [], outcomes: items.map(() => null), ended: 0 }
  branch.where = { at: 'items' }
}

/** What the sub-runs found enters the history once, as data (S2.13). */
export function foldItemsJoined({ branch }: Site, event: EventOf<'items.joined'>): void {
  branch.transcript.push({ role: 'user', text: event.message })
  branch.fan = null
}

/** The run rests, or one of its sub-runs waits or has ended. */
export function foldRested({ draft, branch }: Site, event: EventOf<'run.rested'>): void {
  const rest = { reason: event.reason, message: event.message, pending: event.pending ?? [] }
  giveBackReserve({ draft, branch })
  if (branch.parent === null) {
    draft.rest = rest
    return
  }
  branch.rest = rest
  if (WAITING.has(event.reason)) return
  draft.active = draft.active.filter((id) => id !== branch.id)
  const { item } = branch.parent
  const parent = draft.branches.get(branch.parent.branch)
  if (item !== null && parent?.fan !== undefined && parent.fan !== null) {
    parent.fan.outcomes[item] = outcomeOf(branch, event)
    parent.fan.ended++
  }
  forget(branch)
}

/** How a sub-run that ended came out. */
function outcomeOf(branch: BranchDraft, event: EventOf<'run.rested'>): Outcome {
  const { reason, message } = event
  return reason === 'completed'
    ? { ok: true, output: branch.output }
    : { ok: false, reason, message }
}

/** An ended sub-run's history is in the log; what is folded of it is not needed again. */
function forget(branch: BranchDraft): void {
  branch.transcript = []
  branch.checkpoints.length = 0
  branch.steps = emptyRecord()
}
