import { callIdsIn, withOwnIds } from '../call-ids.ts'
import type { Event, EventOf } from '../event.ts'
import {
  allowed,
  because,
  listed,
  nameOf,
  refused,
  type LedgerEntry,
  type Line,
} from './ledger-line.ts'
import { chainLine } from './ledger-chain.ts'
import { personLine, requestLines } from './ledger-person.ts'

/*
 * The log's enforcement, line by line: events in, one entry for each verdict, grant, dispatch, limit,
 * rewind and word of a person out. Who, what, by which rule, from which facts, when (S2.6, S1.17).
 */

/** What must be remembered of earlier events. */
interface Known {
  readonly callIds: Set<string>
  /** Tool by call. */
  readonly tools: Map<string, string>
  /** Calls of the kernel's own, which take others back. */
  readonly undos: Set<string>
  /** The event of each call's last verdict, and of each approval request. */
  readonly judgedAt: Map<string, number>
  readonly requestedAt: Map<string, number>
}

/** Reads a log's ledger, in the order of its events: one entry per gate of a judged call, else one per event. */
export function ledger(events: readonly Event[]): readonly LedgerEntry[] {
  const known: Known = {
    callIds: new Set(),
    tools: new Map(),
    undos: new Set(),
    judgedAt: new Map(),
    requestedAt: new Map(),
  }
  const entries: LedgerEntry[] = []
  for (const event of events) {
    remember(known, event)
    for (const line of linesOf(known, event)) entries.push(toEntry(known, event, line))
  }
  return entries
}

type EntryDraft = { -readonly [Key in keyof LedgerEntry]: LedgerEntry[Key] }

function toEntry(known: Known, event: Event, line: Line): LedgerEntry {
  const { seq, at, type, branch } = event
  const { by = 'kernel', call = null, gate, verdict, reason, facts, request } = line
  const tool = line.tool ?? (call === null ? null : (known.tools.get(call) ?? null))
  const entry: EntryDraft = { seq, at, kind: type, by, call, tool, gate, verdict, reason }
  if (facts !== undefined && facts.length > 0) entry.facts = facts
  if (request !== undefined) entry.request = request
  if (branch !== undefined) entry.branch = branch
  return entry
}

function remember(known: Known, event: Event): void {
  switch (event.type) {
    case 'run.started':
      for (const id of callIdsIn(event.history)) known.callIds.add(id)
      return
    case 'model.answered':
      for (const part of withOwnIds(event, known.callIds)) {
        if (part.type === 'call') known.tools.set(part.id, part.tool)
      }
      return
    case 'undo.called':
      known.callIds.add(event.call)
      known.tools.set(event.call, event.tool)
      known.undos.add(event.call)
      return
    case 'call.judged':
      known.judgedAt.set(event.call, event.seq)
      return
    case 'approval.requested':
      known.requestedAt.set(event.request.id, event.seq)
      return
    default:
      return
  }
}

function linesOf(known: Known, event: Event): readonly Line[] {
  switch (event.type) {
    case 'call.judged':
      return verdictLines(event)
    case 'tool.dispatched': {
      const judgedAt = known.judgedAt.get(event.call)
      const again = event.attempt === 1 ? '' : ` again: attempt ${event.attempt}`
      const facts = judgedAt === undefined ? [] : [judgedAt]
      const by = known.undos.has(event.call) ? 'kernel' : 'model'
      const reason = `sent to be executed${again}`
      return [{ gate: 'dispatch', verdict: 'allow', reason, call: event.call, by, facts }]
    }
    case 'tool.doubted': {
      const { call, message } = event
      return [{ gate: 'doubt', verdict: 'escalate', reason: message, call }]
    }
    case 'limit.reached': {
      const { limit, allowed: most, span = 'run', reason } = event
      return [refused('budget', `${most} ${limit} per ${span} are spent: ${reason}`)]
    }
    case 'cancel.requested':
      return [{ ...allowed('cancel', 'the run was asked to end'), by: 'somebody' }]
    case 'approval.requested':
      return requestLines(event)
    default: {
      const line = personLine(event, known.requestedAt) ?? chainLine(event) ?? branchLine(event)
      return line === null ? [] : [line]
    }
  }
}

/** Each gate's own answer; a call that no gate judged still has its verdict. */
function verdictLines(event: EventOf<'call.judged'>): readonly Line[] {
  const { call, tool, message = '', grant: request } = event
  if (event.gates.length === 0) {
    return [{ gate: 'verdict', verdict: event.verdict, reason: message, call, tool, request }]
  }
  return event.gates.map(({ gate, verdict, reason, facts }) => {
    return { gate, verdict, reason, call, tool, facts, request }
  })
}

/** What branches, goes back, is copied or cannot be completed. */
function branchLine(event: Event): Line | null {
  switch (event.type) {
    case 'check.answered': {
      const { call, gate, holds, reason } = event
      const what = because(`its function says ${holds ? 'yes' : 'no'}`, reason)
      return { ...(holds ? allowed(gate, what) : refused(gate, what)), call }
    }
    case 'check.failed': {
      const { call, gate, error } = event
      return { ...refused(gate, `its function gave no answer: ${error.message}`), call }
    }
    case 'places.claimed':
      return { ...allowed('limit', 'its places are its own among all forks'), call: event.call }
    case 'places.refused':
      return { ...refused(event.place.gate, event.message), call: event.call }
    case 'undo.called': {
      const { call, of, tool } = event
      return { ...allowed('rewind', `${tool} is to take back call ${of}`), call }
    }
    case 'step.failed':
      return refused('step', `${event.step}: ${event.reason}: ${event.message}`)
    case 'definition.adopted': {
      const { from, to, differing, by } = event
      const steps = differing.length === 0 ? 'no reachable step' : differing.join(', ')
      return { ...allowed('definition', `${from} became ${to}; differs: ${steps}`), by: nameOf(by) }
    }
    default:
      return rewindLine(event)
  }
}

function rewindLine(event: Event): Line | null {
  switch (event.type) {
    case 'rewind.requested': {
      const by = event.by ?? 'kernel'
      return { ...allowed('rewind', `asked to go back to ${event.to}`), by }
    }
    case 'rewind.refused':
      return refused('rewind', because(`not to ${event.to}`, event.reason))
    case 'run.rewound': {
      const { to, undone, kept } = event
      const what = `back at ${to}; taken back: ${listed(undone)}; standing: ${listed(kept)}`
      return allowed('rewind', what)
    }
    case 'run.forked': {
      const { from, position, by } = event
      return { ...allowed('fork', `a copy of ${from} up to event ${position}`), by: nameOf(by) }
    }
    case 'fork.made':
      return allowed('fork', `copied as ${event.run} up to event ${event.position}`)
    default:
      return null
  }
}
