import { confirmationIn, confirmationKey } from '../confirmation.ts'
import type { BranchDraft, CallDraft, Site, StateDraft } from './draft.ts'
import type { EventOf } from '../event.ts'
import type { PersonEvent } from '../event-person.ts'
import { endOf } from '../end-of.ts'
import { callOf, letRewinderGo, note, settle } from './batch-call.ts'
import { foldCompiled, foldDelivery, foldFilled } from './fold-handoff.ts'

/*
 * How the words of people change the state. What somebody answered waits in `answers` until the
 * kernel has judged it; only what it concluded lets a call go on.
 */

export function foldPersonEvent(site: Site, event: EventOf<PersonEvent['type']>): void {
  const { draft } = site
  switch (event.type) {
    case 'user.stated': {
      const history = (draft.user[event.kind] ??= { all: [] })
      history.latest = event.facts
      history.all.push(event.facts)
      draft.own.add({ seq: event.seq, content: event.facts })
      return
    }
    case 'user.confirmed':
      return foldConfirmed(site, event)
    case 'approval.requested':
      return foldRequested(site, event)
    case 'approval.answered':
      draft.answers.push(event)
      return
    case 'approval.granted':
      draft.answers.shift()
      return foldGranted(site, event)
    case 'approval.refused':
      draft.answers.shift()
      return
    case 'approval.denied':
      draft.answers.shift()
      return foldDenied(site, event)
    case 'approval.expired':
      return foldExpired(site, event)
    case 'handoff.compiled':
      return foldCompiled(site, event)
    case 'handoff.filled':
      return foldFilled(site, event)
    case 'handoff.delivered':
    case 'handoff.failed':
      return foldDelivery(site, event)
  }
}

function foldRequested({ draft, branch }: Site, event: EventOf<'approval.requested'>): void {
  const { request } = event
  draft.approvals.set(request.id, { request, branch: branch.id, status: 'open', granted: [] })
  if (request.call !== '') {
    callOf(branch, request.call).request = request.id
  } else if (draft.rewind !== null) {
    draft.rewind = { ...draft.rewind, request: request.id }
  }
}

function foldGranted(site: Site, event: EventOf<'approval.granted'>): void {
  const { draft } = site
  const approval = draft.approvals.get(event.request)
  if (approval === undefined) return
  const { by, seq, covers } = event
  const granted = [...approval.granted, { by, seq, covers }]
  const status = event.left === 0 ? 'granted' : 'open'
  draft.approvals.set(event.request, { ...approval, granted, status })
  if (status === 'granted') letGo(site, event.call)
}

/** A held call is looked at again. */
function letGo({ draft, branch }: Site, id: string): void {
  const call = heldCall(branch, id)
  if (call !== undefined) call.status = 'granted'
  if (call !== undefined && call.undoes !== null) letRewinderGo(draft)
  draft.rest = null
  branch.rest = null
}

function foldDenied(site: Site, event: EventOf<'approval.denied'>): void {
  const { draft, branch } = site
  setStatus(draft, event.request, 'denied')
  const call = heldCall(branch, event.call)
  draft.rest = null
  branch.rest = null
  if (call === undefined) return
  const { seq, by, reason, message } = event
  note(branch, call, { seq, gate: `approval by ${by}`, outcome: 'denied', reason })
  settle(site, call, { code: 'denied', message, executed: false })
}

/** What was asked too long ago no longer holds its call: it is judged anew, and asked about anew. */
function foldExpired({ draft, branch }: Site, event: EventOf<'approval.expired'>): void {
  setStatus(draft, event.request, 'expired')
  draft.rest = null
  branch.rest = null
  const call = heldCall(branch, event.call)
  if (call === undefined) return
  call.status = 'waiting'
  call.request = null
}

function heldCall(branch: BranchDraft, id: string): CallDraft | undefined {
  const index = branch.batchIndex.get(id)
  const call = index === undefined ? undefined : branch.batch[index]
  return call?.status === 'held' ? call : undefined
}

function setStatus(draft: StateDraft, id: string, status: 'denied' | 'expired'): void {
  const approval = draft.approvals.get(id)
  if (approval !== undefined) draft.approvals.set(id, { ...approval, status })
}

/**
 * A confirmation answers a request that was made for exactly this call and takes one; it is that
 * branch's. One that nobody asked for is the run's own, or of the branch that it names.
 */
function foldConfirmed({ draft, branch: named }: Site, event: EventOf<'user.confirmed'>): void {
  const key = confirmationKey(event.tool, event.args)
  draft.own.add({ seq: event.seq, content: event.args })
  const asking = named.id === '' ? askingFor(draft, key) : named
  const own = confirmationIn(asking.id, key)
  draft.confirmations.set(own, (draft.confirmations.get(own) ?? 0) + 1)
  const held = asking.batch.find((call) => awaits(draft, call, key))
  // What has ended stays so.
  if (held !== undefined && endOf(draft) === null) letGo({ draft, branch: asking }, held.id)
}

/** The first branch that waits for this confirmation; the run's own where none does. */
function askingFor(draft: StateDraft, key: string): BranchDraft {
  const open = draft.active.flatMap((id) => draft.branches.get(id) ?? [])
  return open.find(({ batch }) => batch.some((call) => awaits(draft, call, key))) ?? draft.branch
}

function awaits(draft: StateDraft, call: CallDraft, key: string): boolean {
  const approval = call.request === null ? undefined : draft.approvals.get(call.request)
  return (
    call.status === 'held' &&
    approval?.status === 'open' &&
    approval.request.confirm &&
    confirmationKey(call.tool, call.args) === key
  )
}
