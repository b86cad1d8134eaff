import { emptyRecord, type BranchDraft, type Site, type StateDraft } from './draft.ts'
import type { EventOf } from './event.ts'
import { keepFacts } from './facts.ts'

/*
 * Checkpoints and going back to them. What a branch knows goes back; what it spent, the places that
 * it took under `limit` gates and the log itself do not (DESIGN §3).
 */

/** Notes where the branch stands: after a step, or where an author or a user says so. */
export function makeCheckpoint(
  branch: BranchDraft,
  at: { readonly name: string; readonly seq: number },
): void {
  branch.checkpoints.push({
    ...at,
    step: branch.step ?? '',
    transcript: branch.transcript.length,
    visits: new Map(branch.visits),
    visit: branch.visit,
    steps: { ...branch.steps },
    output: branch.output,
    text: branch.text,
    lastPrompt: branch.lastPrompt,
  })
}

export function foldRewindRequested(
  { draft, branch }: Site,
  event: EventOf<'rewind.requested'>,
): void {
  const { to, by } = event
  draft.rewind = { to, by, branch: branch.id, request: null, undone: [], kept: [] }
}

/** The branch stands where it stood; facts since then are none any more. */
export function foldRewound({ draft, branch }: Site, event: EventOf<'run.rewound'>): void {
  const index = branch.checkpoints.findLastIndex((checkpoint) => checkpoint.seq === event.position)
  const checkpoint = branch.checkpoints[index]
  if (checkpoint === undefined) throw new RangeError(`there is no checkpoint at ${event.position}`)
  branch.checkpoints.length = index + 1
  branch.transcript = branch.transcript.slice(0, checkpoint.transcript)
  branch.attempts = branch.attempts.filter((attempt) => attempt.seq <= checkpoint.seq)
  branch.visits = new Map(checkpoint.visits)
  branch.visit = checkpoint.visit
  branch.step = checkpoint.step
  branch.steps = Object.assign(emptyRecord<BranchDraft['steps'][string]>(), checkpoint.steps)
  branch.output = checkpoint.output
  branch.text = checkpoint.text
  branch.lastPrompt = checkpoint.lastPrompt
  branch.batch = []
  branch.batchIndex = new Map()
  branch.settled = 0
  branch.fan = null
  branch.limit = null
  branch.rest = null
  branch.messageSent = true
  branch.where = { at: 'leaving' }
  keepFacts(branch, (fact) => fact.seq <= checkpoint.seq)
  endSubRuns(draft, branch.id)
  draft.rest = null
  draft.rewind = null
  for (const [id, approval] of draft.approvals) {
    if (approval.status === 'open' || approval.status === 'granted') {
      draft.approvals.set(id, { ...approval, status: 'void' })
    }
  }
}

/** What waited below a branch that went back is over. */
function endSubRuns(draft: StateDraft, id: string): void {
  const below = (branch: string): boolean => {
    const parent = draft.branches.get(branch)?.parent ?? null
    return parent !== null && (parent.branch === id || below(parent.branch))
  }
  draft.active = draft.active.filter((branch) => !below(branch))
}

/** A copy is a run of its own: nothing that a person granted to the other holds for it (Law 8). */
export function foldForked(draft: StateDraft, event: EventOf<'run.forked'>): void {
  draft.run = event.run
  draft.family = event.family
  draft.by = event.by
  draft.approvals.clear()
  draft.answers = []
  draft.confirmations.clear()
  draft.cancelRequested = false
  for (const branch of draft.branches.values()) {
    for (const call of branch.batch) {
      if (call.status !== 'held' && call.status !== 'granted') continue
      call.status = 'waiting'
      call.request = null
      draft.rest = null
      branch.rest = null
    }
  }
}
