import { isJsonObject, type Json } from '../../spec/json.ts'
import { callOf, newCall, note, settle } from './batch-call.ts'
import type { CheckAnswer } from '../call.ts'
import { useConfirmation } from '../confirmation.ts'
import type { CallDraft, Site, StateDraft } from './draft.ts'
import type { EventOf, Reservation } from '../event.ts'
import { addFact, addTold, forgetFact } from './facts.ts'
import { foldDeliveryDue } from './fold-handoff.ts'
import { noteSource } from '../origins.ts'
import { spend } from './spend.ts'

/*
 * How one call of a batch changes the state, from its verdict to its one result.
 */

export function foldJudged(site: Site, event: EventOf<'call.judged'>): void {
  const { draft, branch } = site
  const call = callOf(branch, event.call)
  useUp(site, call, event)
  switch (event.verdict) {
    case 'allow':
      takePlaces(draft, call.id, event.reservations ?? [])
      call.status = 'due'
      return
    case 'approve':
    case 'escalate':
      call.status = 'held'
      call.held = event.gates.find((gate) => gate.verdict === event.verdict) ?? null
      call.asking = event.gates.filter((gate) => gate.verdict === 'approve')
      if (event.verdict === 'escalate' && call.held !== null) {
        const { gate, reason } = call.held
        note(branch, call, { seq: event.seq, gate, outcome: 'escalated', reason })
      }
      call.checks.clear()
      return
    case 'refuse': {
      const objection = event.gates.find((gate) => gate.verdict === 'refuse')
      if (event.gates.some((gate) => gate.gate === 'budget')) branch.outOfCalls = true
      const reason = objection?.reason ?? event.message ?? ''
      note(branch, call, {
        seq: event.seq,
        gate: objection?.gate ?? '',
        outcome: 'refused',
        reason,
      })
      const message = event.message ?? 'refused'
      return settle(site, call, { code: 'refused', message, executed: false })
    }
  }
}

/**
 * A grant or a confirmation is used up by the verdict that it allowed, not by what comes of it. What
 * was asked about the call and not used by its verdict is void: whoever answers it is late.
 */
function useUp({ draft, branch }: Site, call: CallDraft, event: EventOf<'call.judged'>): void {
  const approval = call.request === null ? undefined : draft.approvals.get(call.request)
  if (approval?.status === 'open' || approval?.status === 'granted') {
    const status = event.grant === approval.request.id ? 'used' : 'void'
    draft.approvals.set(approval.request.id, { ...approval, status })
  }
  call.request = null
  const { confirmation: key } = event
  if (key !== undefined) useConfirmation(draft.confirmations, { branch: branch.id, key })
}

function reserve(draft: StateDraft, place: Reservation, change: 1 | -1): void {
  const held = draft.reservations.get(place.gate) ?? new Map<string, number>()
  held.set(place.key, (held.get(place.key) ?? 0) + change)
  draft.reservations.set(place.gate, held)
}

function takePlaces(draft: StateDraft, call: string, places: readonly Reservation[]): void {
  if (places.length === 0) return
  for (const place of places) reserve(draft, place, 1)
  draft.places.set(call, places)
}

/** Gives back the places of a call that is known not to have run, or was taken back. */
function giveBack(draft: StateDraft, call: string): void {
  for (const place of draft.places.get(call) ?? []) reserve(draft, place, -1)
  draft.places.delete(call)
}

export function foldPlacesRefused(site: Site, event: EventOf<'places.refused'>): void {
  const call = callOf(site.branch, event.call)
  giveBack(site.draft, call.id)
  note(site.branch, call, {
    seq: event.seq,
    gate: event.place.gate,
    outcome: 'refused',
    reason: event.message,
  })
  settle(site, call, { code: 'refused', message: event.message, executed: false })
}

export function foldCheck(site: Site, event: EventOf<'check.answered' | 'check.failed'>): void {
  const answer: CheckAnswer =
    event.type === 'check.answered'
      ? { ok: true, holds: event.holds, reason: event.reason }
      : { ok: false, error: event.error }
  callOf(site.branch, event.call).checks.set(event.gate, answer)
}

export function foldDispatched(site: Site, event: EventOf<'tool.dispatched'>): void {
  const call = callOf(site.branch, event.call)
  call.status = 'dispatched'
  call.attempt = event.attempt
  if (call.cut) call.cuts++
  call.cut = false
  call.failure = null
  call.subRun = null
  call.source = event.source ?? null
  spend(site, { calls: 1 })
}

/** Whose results are no facts: a model's words, and notes of users and models from other times (Law 3). */
const TOLD: ReadonlySet<string> = new Set(['model', 'memory'])

/** A committed success: the only thing that becomes a fact (Law 3). */
export function foldReturned(site: Site, event: EventOf<'tool.returned'>): void {
  const { draft, branch } = site
  const call = callOf(branch, event.call)
  const { tool, args } = call
  const { output, seq } = event
  const said = withoutReport(call, output)
  const fact = { call: call.id, tool, args, output: said, turn: draft.turn, seq }
  noteResult(site, call, { seq, content: output })
  // What a model wrote is no fact, wherever it was kept in between (Law 3).
  if (call.subRun === null && !TOLD.has(call.source ?? '')) addFact(branch, fact)
  else addTold(branch, fact)
  draft.breakers.delete(tool)
  if (call.undoes !== null) takenBack(site, call.undoes)
  settle(site, call, null, output)
}

/** What a verifier says of an artifact is for the planner: a model's words are no fact (Law 3). */
function withoutReport({ report }: CallDraft, output: Json): Json {
  if (report === null || !isJsonObject(output)) return output
  const { score: _, feedback: __, ...own } = output
  return own
}

/** Keeps where the values of a result came from, where that is no trusted tool. */
function noteResult(
  { draft, branch }: Site,
  { source: own, tool, artifacts, stored }: CallDraft,
  of: { readonly seq: number; readonly content: Json },
): void {
  // A trusted tool may say again what an artifact says: these are a model's words, not its own. So is
  // how long a text is that a model wrote.
  const source = own ?? (artifacts.length > 0 || stored !== null ? 'model' : null)
  if (source === null) return
  noteSource({ own: draft.own, origins: branch.origins }, { ...of, source, tool })
}

/** The effect of a call was taken back: it is no fact any more, and its places are free. */
function takenBack({ draft, branch }: Site, id: string): void {
  giveBack(draft, id)
  forgetFact(branch, id)
  const { rewind } = draft
  if (rewind?.undo[rewind.undone]?.call === id) {
    draft.rewind = { ...rewind, undone: rewind.undone + 1 }
  }
}

/** A failure becomes the answer only once no retry follows (`call.failed`). */
export function foldFailed({ draft, branch }: Site, event: EventOf<'tool.failed'>): void {
  const call = callOf(branch, event.call)
  call.failure = event.error
  call.cut = false
  draft.rest = null
  branch.rest = null
  const { category } = event.error
  if (category === 'validation' || category === 'business') return
  const before = draft.breakers.get(call.tool)
  draft.breakers.set(call.tool, { failures: (before?.failures ?? 0) + 1, at: event.at })
}

/** What is known not to have run gives its places under `limit` gates back; doubt never does. */
export function foldCallFailed(site: Site, event: EventOf<'call.failed'>): void {
  const call = callOf(site.branch, event.call)
  if (event.error.executed === false) {
    giveBack(site.draft, call.id)
  }
  const { code, message, details = {} } = event.error
  if (call.source === 'untrusted') {
    noteResult(site, call, { seq: event.seq, content: [message, details] })
  }
  note(site.branch, call, { seq: event.seq, gate: code, outcome: 'failed', reason: message })
  // Whoever was asked for it, a composer or a verifier, is asked no more.
  if (site.branch.model?.tool === call.id) site.branch.where = { at: 'batch' }
  settle(site, call, event.error)
}

export function foldRetried({ branch }: Site, event: EventOf<'tool.retried'>): void {
  const call = callOf(branch, event.call)
  call.status = 'retrying'
  call.delayMs = event.delayMs
  call.dueAt = event.at + event.delayMs
}

/** Where the branch stands says what waited: a model may name a call `model` or `handoff`. */
export function foldWaitEnded({ draft, branch }: Site, event: EventOf<'wait.ended'>): void {
  if (branch.where.at === 'model-wait' && event.wait === 'model') {
    branch.where = { at: 'model', cut: true }
  } else if (branch.where.at === 'handoff' && event.wait === 'handoff') {
    foldDeliveryDue(draft)
  } else {
    callOf(branch, event.wait).status = 'due'
  }
}

export function foldDoubted({ branch }: Site, event: EventOf<'tool.doubted'>): void {
  const call = callOf(branch, event.call)
  call.status = 'doubted'
  call.failure = null
}

/** Takes a kernel's own call into the batch: the undo of one write. */
export function foldUndoCalled({ branch, draft }: Site, event: EventOf<'undo.called'>): void {
  const { call: id, tool, args, of } = event
  draft.callIds.add(id)
  draft.undos.set(of, id)
  branch.aside ??= { batch: branch.batch, settled: branch.settled }
  branch.batch = [newCall({ id, tool, args, undoes: of })]
  branch.batchIndex = new Map([[id, 0]])
  branch.settled = 0
}
