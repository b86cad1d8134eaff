import { confirmationKey } from './confirmation.ts'
import type { CallDraft, Site, StateDraft } from './draft.ts'
import type { EventOf } from './event.ts'
import type { PersonEvent } from './event-person.ts'
import { callOf, note, settle } from './fold-call.ts'

/*
 * How the words of people change the state. What somebody answered waits in `answers` until the
 * kernel has judged it; only what it concluded lets a call go on.
 */

export function foldPersonEvent(site: Site, event: EventOf<PersonEvent['type']>): void {
  const { draft, branch } = site
  switch (event.type) {
    case 'user.stated': {
      const history = (draft.user[event.kind] ??= { all: [] })
      history.latest = event.facts
      history.all.push(event.facts)
      return
    }
    case 'user.confirmed': {
      const key = confirmationKey(event.tool, event.args)
      draft.confirmations.set(key, (draft.confirmations.get(key) ?? 0) + 1)
      return letConfirmedGo(draft, key)
    }
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
      return setStatus(draft, event.request, 'expired')
    case 'handoff.compiled': {
      const { packet, missing } = event
      draft.handoff = { packet, missing, delivery: 'none', attempt: 0 }
      branch.where = { at: 'handoff' }
      return
    }
    case 'handoff.delivered':
      if (draft.handoff !== null) draft.handoff = { ...draft.handoff, delivery: 'delivered' }
      return
    case 'handoff.failed':
      if (draft.handoff !== null) {
        draft.handoff = { ...draft.handoff, delivery: 'failed', attempt: event.attempt }
      }
      return
  }
}

function foldRequested({ draft, branch }: Site, event: EventOf<'approval.requested'>): void {
  const { request } = event
  draft.approvals.set(request.id, { request, status: 'open', granted: [] })
  if (draft.rewind !== null && branch.where.at === 'undoing') {
    draft.rewind = { ...draft.rewind, request: request.id }
    return
  }
  callOf(branch, request.call).request = request.id
}

function foldGranted(site: Site, event: EventOf<'approval.granted'>): void {
  const { draft } = site
  const approval = draft.approvals.get(event.request)
  if (approval === undefined) return
  const granted = [...approval.granted, event.by]
  const status = event.left === 0 ? 'granted' : 'open'
  draft.approvals.set(event.request, { ...approval, granted, status })
  if (status === 'granted') letGo(site, event.call)
}

/** A held call is looked at again. */
function letGo({ draft, branch }: Site, id: string): void {
  const index = branch.batchIndex.get(id)
  const call = index === undefined ? undefined : branch.batch[index]
  if (call?.status === 'held') call.status = 'granted'
  draft.rest = null
  branch.rest = null
}

function foldDenied(site: Site, event: EventOf<'approval.denied'>): void {
  const { draft, branch } = site
  setStatus(draft, event.request, 'denied')
  const index = branch.batchIndex.get(event.call)
  const call = index === undefined ? undefined : branch.batch[index]
  draft.rest = null
  branch.rest = null
  if (call === undefined) return
  const { seq, by, reason, message } = event
  note(branch, call, { seq, gate: `approval by ${by}`, outcome: 'denied', reason })
  settle(site, call, { code: 'denied', message, executed: false })
}

function setStatus(draft: StateDraft, id: string, status: 'denied' | 'expired'): void {
  const approval = draft.approvals.get(id)
  if (approval !== undefined) draft.approvals.set(id, { ...approval, status })
}

/** A confirmation answers a request that was made for exactly this call and takes one. */
function letConfirmedGo(draft: StateDraft, key: string): void {
  for (const id of draft.active) {
    const branch = draft.branches.get(id)
    const held = branch?.batch.find((call) => awaits(draft, call, key))
    if (branch === undefined || held === undefined) continue
    letGo({ draft, branch }, held.id)
    return
  }
}

function awaits(draft: StateDraft, call: CallDraft, key: string): boolean {
  const approval = call.request === null ? undefined : draft.approvals.get(call.request)
  return (
    call.status === 'held' &&
    approval?.request.confirm === true &&
    confirmationKey(call.tool, call.args) === key
  )
}
