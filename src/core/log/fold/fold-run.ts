import type { BranchDraft, StateDraft } from './draft.ts'
import { noSpend } from './new-draft.ts'
import type { EventOf } from '../event.ts'
import type { Message } from '../message.ts'
import { noteSource } from '../origins.ts'
import { deliverAgain } from './fold-handoff.ts'
import { makeCheckpoint, START } from './fold-rewind.ts'

/*
 * How a run begins, goes on with a further turn, and is taken up by another driver.
 */

export function foldRunStarted(draft: StateDraft, event: EventOf<'run.started'>): void {
  draft.run = event.run
  draft.workflow = event.workflow
  draft.digest = event.digest
  draft.branch.input = event.input
  draft.branch.heard = event.input
  draft.session = event.session
  draft.branch.instructions = event.instructions
  // What the host and the author say is not untrusted either.
  draft.own.add({ seq: event.seq, content: [event.session, event.instructions] })
  draft.by = event.by === undefined ? [] : [event.by]
  draft.model = event.model ?? null
  for (const message of event.history ?? []) takeIn(draft, { message, seq: event.seq })
  hear(draft, event)
}

/**
 * A message from before the run. The user's are theirs; what models and tools are said to have written
 * came from outside, so it is in the transcript and no fact (Law 3).
 */
function takeIn(
  draft: StateDraft,
  { message, seq }: { readonly message: Message; readonly seq: number },
): void {
  const { branch } = draft
  branch.transcript.push(message)
  switch (message.role) {
    case 'user':
      draft.own.add({ seq, content: message.text })
      return
    case 'assistant':
      for (const part of message.parts) {
        if (part.type !== 'call') continue
        draft.callIds.add(part.id)
        branch.toolsSeen.add(part.tool)
      }
      return
    case 'tool':
      for (const { tool, result } of message.results) {
        const content = result.ok ? result.output : [result.error.message]
        noteSource(
          { own: draft.own, origins: branch.origins },
          { seq, tool, source: 'untrusted', content },
        )
      }
  }
}

/** Keeps the user's own words: a later turn's message takes the place of this one in the input. */
function hear(draft: StateDraft, event: EventOf<'run.started' | 'turn.started'>): void {
  draft.own.add({ seq: event.seq, content: event.input })
  const text = event.input['message']
  if (typeof text === 'string' && text !== '') draft.said.push({ seq: event.seq, text })
}

/** A turn begins at a step, or goes on with the batch or the sub-runs whose question it answers. */
export function foldTurnStarted(draft: StateDraft, event: EventOf<'turn.started'>): void {
  const answers = asksSlots(draft)
  draft.turn = event.turn
  draft.rest = null
  const { branch } = draft
  branch.input = { ...branch.input, ...event.input }
  branch.heard = { ...branch.heard, ...event.input }
  hear(draft, event)
  // An answer is no message: what was said before it stands, and was sent or not as it was.
  branch.messageSent &&= answers
  branch.limit = null
  branch.failures.clear()
  branch.spend.turn = noSpend(draft.activeMs)
  const waiting = branch.where.at === 'batch' && branch.settled < branch.batch.length
  const stays = waiting || answers || branch.where.at === 'items'
  if (!stays) branch.where = { at: 'turn' }
  if (event.turn === 1) makeCheckpoint(branch, { name: START, seq: event.seq })
}

/** True where the run rests for slots: what comes next answers them. */
function asksSlots({ rest }: StateDraft): boolean {
  return rest?.reason === 'needs_input' && rest.pending.some(({ slots }) => slots !== undefined)
}

/** Rests that a resumption looks at again: what was asked too long ago is asked anew. */
const AGAIN: ReadonlySet<string> = new Set(['expired', 'needs_approval', 'definition_changed'])

/** What the last driver had under way is cut off; `decide` says what becomes of it (Law 11). */
export function foldResumed(draft: StateDraft, event: EventOf<'run.resumed'>): void {
  if (event.model !== undefined) draft.model = event.model
  const stuck = draft.rest?.reason === 'model_failed'
  if (stuck || AGAIN.has(draft.rest?.reason ?? '')) draft.rest = null
  if (stuck) goOn(draft.branch)
  deliverAgain(draft)
  const active = new Set(draft.active)
  for (const branch of draft.branches.values()) {
    // Also in a sub-run that has ended something may be on its way to be taken back.
    if (active.has(branch.id) || branch.aside !== null) cutOff(branch, draft.at)
  }
}

/** Asks again whom it could not ask: the planner, or the composer or verifier of a call under way. */
function goOn(branch: BranchDraft): void {
  const planner = branch.model === null || branch.model.role === 'planner'
  branch.where = { at: planner ? 'ready' : 'batch' }
}

/** A wait for a retry goes on for what is left of it. */
function cutOff(branch: BranchDraft, now: number): void {
  const { model, where } = branch
  const { reason } = branch.rest ?? {}
  if (reason === 'expired' || reason === 'needs_approval') branch.rest = null
  if (where.at === 'model' && !where.cut && model !== null) {
    branch.model = { ...model, cuts: model.cuts + 1 }
  }
  if (where.at === 'model') branch.where = { at: 'model', cut: true }
  if (where.at === 'model-wait') {
    const delayMs = where.dueAt - now
    branch.where = delayMs > 0 ? { ...where, delayMs } : { at: 'model', cut: true }
  }
  for (const call of branch.batch) {
    if (call.status === 'retrying') {
      call.delayMs = Math.max(0, call.dueAt - now)
      if (call.delayMs === 0) call.status = 'due'
    }
    if (call.status === 'dispatched') call.cut = true
    // What a check answered was about that time: who judges the call now asks again.
    if (call.status === 'waiting' || call.status === 'granted') call.checks.clear()
  }
}
