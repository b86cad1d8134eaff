import type { PersonEvent } from '../event-person.ts'
import type { Event, EventOf } from '../event.ts'
import { allowed, because, keysOf, nameOf, refused, type Line } from './ledger-line.ts'

/** One for each gate that asks. */
export function requestLines(event: EventOf<'approval.requested'>): readonly Line[] {
  const { id, call, tool, about, gates } = event.request
  const asking = gates.length === 0 ? ['approval'] : gates
  return asking.map((gate) => ({
    gate,
    verdict: 'approve',
    reason: about,
    call,
    tool,
    request: id,
  }))
}

/**
 * What a person said, and what the kernel made of it; null for an event that is neither.
 * `requestedAt` has the event of each approval request.
 */
export function personLine(event: Event, requestedAt: ReadonlyMap<string, number>): Line | null {
  switch (event.type) {
    case 'user.stated':
      return { ...allowed('stated', `${event.kind}: ${keysOf(event.facts)}`), by: 'user' }
    case 'user.confirmed': {
      const line = allowed('confirm', 'the user confirmed this tool with these arguments')
      return { ...line, by: 'user', tool: event.tool }
    }
    case 'approval.answered':
    case 'approval.granted':
    case 'approval.refused':
    case 'approval.denied':
    case 'approval.expired':
      return approvalLine(event, requestedAt)
    case 'handoff.compiled': {
      const { packet, missing } = event
      const lacks = missing.length === 0 ? 'complete' : `it lacks ${missing.join(', ')}`
      const call = packet.held?.call ?? null
      return { ...allowed('handoff', `packet compiled: ${lacks}`), call }
    }
    case 'handoff.filled':
      return { ...allowed('handoff', `filled in: ${keysOf(event.fields)}`), by: nameOf(event.by) }
    case 'handoff.delivered':
      return allowed('handoff', `delivered at attempt ${event.attempt}`)
    case 'handoff.failed':
      return refused('handoff', `attempt ${event.attempt} failed: ${event.error.message}`)
    default:
      return null
  }
}

type Answer = Extract<PersonEvent, { type: `approval.${string}` }>['type']

function approvalLine(
  event: EventOf<Exclude<Answer, 'approval.requested'>>,
  requestedAt: ReadonlyMap<string, number>,
): Line {
  const { request } = event
  const seq = requestedAt.get(request)
  const about = { request, facts: seq === undefined ? [] : [seq] }
  switch (event.type) {
    case 'approval.answered': {
      const { by, decision, reason } = event
      return { ...allowed('approval', because(`answered ${decision}`, reason)), ...about, by }
    }
    case 'approval.granted': {
      const { by, call, left, reason } = event
      const what = left === 0 ? 'granted' : `counts; ${left} more needed`
      return { ...allowed('approval', because(what, reason)), ...about, by, call }
    }
    case 'approval.refused': {
      const { by, reason } = event
      return { ...refused('approval', because('does not count', reason)), ...about, by }
    }
    case 'approval.denied': {
      const { by, call, reason } = event
      return { ...refused('approval', because('denied', reason)), ...about, by, call }
    }
    case 'approval.expired':
      return { ...refused('approval', 'expired before it was used'), ...about, call: event.call }
  }
}
