import type { Event } from '../../core/log/event.ts'
import type { ApprovalRequest } from '../../core/log/event-person.ts'

/** A request for somebody's approval, and what became of it. */
export interface ApprovalView extends ApprovalRequest {
  /** Of the event that asked. */
  readonly seq: number
  readonly status: 'open' | 'granted' | 'denied' | 'expired'
  readonly branch?: string
  /** Whose yes counts so far. */
  readonly granted_by: readonly string[]
}

type Draft = { -readonly [Key in keyof ApprovalView]: ApprovalView[Key] }

/** Reads the requests of a log, oldest first (Law 8). */
export function approvalsOf(events: readonly Event[]): readonly ApprovalView[] {
  const all = new Map<string, Draft>()
  for (const event of events) {
    if (event.type === 'approval.requested') {
      const { request, seq, branch } = event
      const place = branch === undefined ? { seq } : { seq, branch }
      all.set(request.id, { ...request, ...place, status: 'open', granted_by: [] })
    } else if ('request' in event && typeof event.request === 'string') {
      const known = all.get(event.request)
      if (known !== undefined) read(known, event)
    }
  }
  return [...all.values()]
}

function read(view: Draft, event: Event): void {
  switch (event.type) {
    case 'approval.granted':
      view.granted_by = [...view.granted_by, event.by]
      if (event.left === 0) view.status = 'granted'
      return
    case 'approval.denied':
      view.status = 'denied'
      return
    case 'approval.expired':
      view.status = 'expired'
      return
    default:
      return
  }
}
