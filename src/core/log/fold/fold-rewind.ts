import type { BranchDraft, Site, StateDraft } from './draft.ts'
import { emptyRecord } from './new-draft.ts'
import type { Rest } from '../branch.ts'
import type { EventOf } from '../event.ts'
import { keepArtifacts } from './fold-artifact.ts'
import { keepFacts } from './facts.ts'
import { rewindMemory } from './fold-memory.ts'
import { giveBackReserve } from './spend.ts'

/*
 * Checkpoints and going back to them. What a branch knows goes back; what it spent, the places that
 * it took under `limit` gates and the log itself do not (DESIGN §3).
 */

/** The name of the place before the first step. */
export const START = 'start'

/** Notes where the branch stands: at its start, after a step, or where an author or a user says so. */
export function makeCheckpoint(
  branch: BranchDraft,
  at: { readonly name: string; readonly seq: number },
): void {
  branch.checkpoints.push({
    ...at,
    step: branch.step,
    where: branch.where,
    input: branch.input,
    messageSent: branch.messageSent,
    transcript: branch.transcript.length,
    visit: branch.visit,
    output: branch.output,
    text: branch.text,
    lastPrompt: branch.lastPrompt,
  })
}

/**
 * Notes to which step a step was left on a tool's result: what that transition looked at, the batch,
 * is no part of a checkpoint, so that it could not be chosen again.
 */
export function noteWay(branch: BranchDraft, to: string): void {
  if (branch.where.at !== 'leaving' || branch.batch.length === 0) return
  const { checkpoints, step, visit } = branch
  for (let index = checkpoints.length - 1; index >= 0; index--) {
    const last = checkpoints[index]
    if (last?.where.at !== 'leaving' || last.step !== step || last.visit !== visit) return
    checkpoints[index] = { ...last, where: { at: 'leaving', to } }
  }
}

/** Takes a wish to go back; nothing has happened yet, and what rests goes on resting. */
export function foldRewindRequested(
  { draft, branch }: Site,
  event: EventOf<'rewind.requested'>,
): void {
  const { to, by } = event
  const last = draft.rewind
  // A way back that was broken off has moved the branch already: it stood where it stood before that.
  const where = last !== null && last.position !== null ? last.before.where : branch.where
  draft.cancelRequested = false
  for (const each of draft.branches.values()) cutOff(each)
  makeVoid(draft, last?.request ?? null)
  draft.rewind = {
    to,
    by,
    branch: branch.id,
    request: null,
    before: { where, branchRest: branch.rest, rest: restBefore(draft) },
    position: null,
    undo: [],
    undone: 0,
    keep: [],
  }
}

/** For what the run rested before anybody wished to go back: an earlier wish may have it rest by now. */
function restBefore({ rest, rewind }: StateDraft): Rest | null {
  const asks = rewind !== null && rewind.request !== null && rewind.position === null
  const isItsOwn = rest?.pending.some(({ request }) => request === rewind?.request) === true
  return asks && isItsOwn ? rewind.before.rest : rest
}

/** What was under way when the run was cancelled, or a way back broken off, is not known to have happened. */
function cutOff(branch: BranchDraft): void {
  for (const call of branch.batch) if (call.status === 'dispatched') call.cut = true
}

function makeVoid(draft: StateDraft, request: string | null): void {
  const approval = request === null ? undefined : draft.approvals.get(request)
  if (approval?.status !== 'open' && approval?.status !== 'granted') return
  draft.approvals.set(approval.request.id, { ...approval, status: 'void' })
}

/** The way back begins: the run no longer rests, and the branch takes back one write after the other. */
export function foldRewindStarted({ draft, branch }: Site, event: EventOf<'rewind.started'>): void {
  if (draft.rewind === null) return
  const { position, undo, keep, grant } = event
  draft.rewind = { ...draft.rewind, position, undo, keep }
  const approval = grant === undefined ? undefined : draft.approvals.get(grant)
  if (approval !== undefined)
    draft.approvals.set(approval.request.id, { ...approval, status: 'used' })
  branch.where = { at: 'undoing' }
  draft.rest = null
  branch.rest = null
}

/** The branch stands where it stood when the wish came; what was taken back by then stays so. */
export function foldRewindRefused(draft: StateDraft, branch: BranchDraft): void {
  const { rewind } = draft
  if (rewind === null) return
  if (rewind.position !== null) {
    branch.where = rewind.before.where
    for (const each of draft.branches.values()) putBatchBack(each)
  }
  if (branch.parent !== null) branch.rest = rewind.before.branchRest
  makeVoid(draft, rewind.request)
  draft.rewind = null
}

function putBatchBack(branch: BranchDraft): void {
  if (branch.aside === null) return
  const { batch, settled } = branch.aside
  branch.batch = batch
  branch.batchIndex = new Map(batch.map((call, index) => [call.id, index]))
  branch.settled = settled
  branch.aside = null
}

/** The branch stands where it stood; facts since then are none any more. */
export function foldRewound({ draft, branch }: Site, event: EventOf<'run.rewound'>): void {
  const index = branch.checkpoints.findLastIndex((checkpoint) => checkpoint.seq === event.position)
  const checkpoint = branch.checkpoints[index]
  if (checkpoint === undefined) throw new RangeError(`there is no checkpoint at ${event.position}`)
  branch.checkpoints.length = index + 1
  branch.transcript = branch.transcript.slice(0, checkpoint.transcript)
  branch.attempts = branch.attempts.filter((attempt) => attempt.seq <= checkpoint.seq)
  branch.input = checkpoint.input
  branch.messageSent = checkpoint.messageSent
  branch.entries = branch.entries.filter(({ seq }) => seq <= checkpoint.seq)
  branch.visits = new Map(branch.entries.map(({ step, visit }) => [step, visit]))
  branch.visit = checkpoint.visit
  branch.step = checkpoint.step
  branch.steps = outputsUpTo(branch.checkpoints)
  branch.output = checkpoint.output
  branch.text = checkpoint.text
  branch.lastPrompt = checkpoint.lastPrompt
  branch.batch = []
  branch.batchIndex = new Map()
  branch.settled = 0
  branch.fan = null
  branch.limit = null
  branch.rest = null
  branch.outOfCalls = false
  branch.sentBack = null
  branch.finish = 'stop'
  branch.measured = { messages: 0, tokens: 0 }
  branch.where = checkpoint.where
  keepFacts(branch, (fact) => fact.seq <= checkpoint.seq)
  keepArtifacts(branch, checkpoint.seq)
  rewindMemory(branch, checkpoint.seq)
  branch.decision = null
  branch.repaired = false
  branch.answer = null
  if (event.message !== undefined) branch.transcript.push({ role: 'user', text: event.message })
  endSubRuns(draft, branch.id)
  for (const each of draft.branches.values()) each.aside = null
  draft.rest = null
  draft.rewind = null
  draft.handoff = null
  for (const [id, approval] of draft.approvals) {
    if (approval.status === 'open' || approval.status === 'granted') {
      draft.approvals.set(id, { ...approval, status: 'void' })
    }
  }
}

/** The steps' outputs, read from the checkpoints that their completions made. */
function outputsUpTo(checkpoints: BranchDraft['checkpoints']): BranchDraft['steps'] {
  const steps = emptyRecord<BranchDraft['steps'][string]>()
  for (const { step, where, output } of checkpoints) {
    if (step !== null && where.at === 'leaving') steps[step] = { output }
  }
  return steps
}

/** What waited below a branch that went back is over. */
function endSubRuns(draft: StateDraft, id: string): void {
  const below = (branch: string): boolean => {
    const parent = draft.branches.get(branch)?.parent ?? null
    return parent !== null && (parent.branch === id || below(parent.branch))
  }
  for (const active of draft.active.filter(below)) {
    const branch = draft.branches.get(active)
    if (branch !== undefined) giveBackReserve({ draft, branch })
  }
  draft.active = draft.active.filter((branch) => !below(branch))
}
