import type { Event } from '../../core/log/event.ts'
import { createFold } from '../../core/log/fold/fold.ts'
import { upcast } from '../../core/log/upcast.ts'
import { isJsonObject } from '../../core/spec/json.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import { findBrokenLinks } from './broken-links.ts'
import { damage, range, type Damage, type ReadEvent } from './damage.ts'
import type { ChainedEvent, ChainedLog } from '../store.ts'

/*
 * Looks at a log for damage: what the store holds goes in, what is wrong with it and where comes out.
 * It believes nothing but the hashes, and those only as far as they agree with each other. Who can
 * write to the store can make a whole new chain, or cut the end off together with the run's row: only
 * a seal, or a hash that was noted elsewhere, tells of that (drive/audit.ts).
 */

/**
 * Everything that is wrong with a log, in its order; nothing when it is whole: every event reads, in
 * its place, with the hash that follows from all before it; the run's row agrees; it folds. Pure, and
 * never throws for what a log holds. (S2.6, S1.17)
 */
export function verifyLog(log: ChainedLog): readonly Damage[] {
  const events = log.events.map(readEvent)
  const unreadable = events.flatMap((event) => event.problem ?? [])
  const misplaced = findMisplaced(events)
  const found = [
    ...unreadable,
    ...misplaced,
    ...findUnchained(log),
    ...findBrokenLinks(log, events, misplaced),
    ...findWrongEnd(log),
  ]
  if (found.length === 0) return findSenseless(log.run, events)
  return found.toSorted((left, right) => left.seq - right.seq)
}

/** The events of a log, but for those that do not read. */
export function readLogged(log: ChainedLog): readonly Event[] {
  return log.events.flatMap((stored) => readEvent(stored).event ?? [])
}

/** Reads an event's text; says so where it is none, or of a version that is not known here. */
function readEvent(stored: ChainedEvent): ReadEvent {
  const { seq } = stored
  try {
    const value: unknown = JSON.parse(stored.text)
    if (!isEvent(value)) throw new TypeError('it is no event')
    const read = upcast(value)
    const event = read.ok ? read.event : value
    const problem = read.ok ? null : damage('unreadable', { seq, message: read.message })
    return { stored, event, says: event.seq, problem }
  } catch (error) {
    const message = `event ${seq} cannot be read: ${messageOf(error)}`
    return { stored, event: null, says: seq, problem: damage('unreadable', { seq, message }) }
  }
}

function isEvent(value: unknown): value is Event {
  if (!isJsonObject(value)) return false
  const { seq, at, type } = value
  return typeof seq === 'number' && typeof at === 'number' && typeof type === 'string'
}

/** Events that are missing, too many or in each other's place, told by the numbers that they carry. */
function findMisplaced(events: readonly ReadEvent[]): readonly Damage[] {
  const gaps = findGaps(events)
  const astray = events.filter(({ stored, says }) => says !== stored.seq)
  const [first] = astray
  if (first === undefined) return gaps
  const places = astray.map(({ stored }) => stored.seq)
  const claims = astray.map(({ says }) => says).toSorted((left, right) => left - right)
  if (places.every((place, index) => place === claims[index])) {
    const to = places.at(-1) ?? first.stored.seq
    const order = astray.map(({ stored, says }) => `${says} stands at ${stored.seq}`).join(', ')
    const message = `events ${first.stored.seq} to ${to} are in another order: ${order}`
    return [...gaps, damage('reordered', { seq: first.stored.seq, to, message })]
  }
  return [...gaps, ...findShifts(events)]
}

/** Places of the log with nothing in them; at its end the run's row tells. */
function findGaps(events: readonly ReadEvent[]): readonly Damage[] {
  let expected = 1
  return events.flatMap(({ stored: { seq } }) => {
    const from = expected
    expected = seq + 1
    if (seq === from) return []
    const to = seq - 1
    return [damage('dropped', { seq: from, to, message: `${range(from, to)} missing` })]
  })
}

/** Where the numbers that events carry run ahead of their places, or fall behind. */
function findShifts(events: readonly ReadEvent[]): readonly Damage[] {
  let shift = 0
  return events.flatMap(({ stored: { seq }, says }) => {
    const change = says - seq - shift
    shift += change
    if (change === 0) return []
    if (change > 0) {
      const were = range(says - change, says - 1)
      const message = `${were} missing: event ${says} stands in place ${seq}`
      return [damage('dropped', { seq, message })]
    }
    const message = `${range(seq + change, seq - 1)} no part of the log: event ${says} stands in place ${seq}`
    return [damage('inserted', { seq: seq + change, to: seq - 1, message })]
  })
}

/** A hash that is missing where the store already kept them, or that is there where it kept none. */
function findUnchained({ events, chainedFrom }: ChainedLog): readonly Damage[] {
  const early = events.find(({ seq, hash }) => hash !== null && seq < chainedFrom)
  if (early !== undefined) {
    const { seq } = early
    const message = `event ${seq} has a hash, yet the run's row says that there are none before event ${chainedFrom}: the row was changed, so that edited events pass as old ones`
    return [damage('head', { seq, message })]
  }
  const bare = events.filter(({ seq, hash }) => hash === null && seq >= chainedFrom)
  const [first] = bare
  if (first === undefined) return []
  const { seq } = first
  const to = bare.at(-1)?.seq ?? seq
  const message = `the hash of event ${seq}${bare.length === 1 ? ' is' : ` and ${bare.length - 1} more up to event ${to} are`} missing`
  return [damage('changed', { seq, to, message })]
}

/** What the run's row says of the end, against the end. */
function findWrongEnd({ events, head, headHash, chainedFrom }: ChainedLog): readonly Damage[] {
  const last = events.at(-1)
  const end = last?.seq ?? 0
  if (end < head) {
    const message = `${range(end + 1, head)} missing at the end of the log: the run's row says that it ends at ${head}`
    return [damage('truncated', { seq: end + 1, to: head, message })]
  }
  if (end > head) {
    const message = `${range(head + 1, end)} no part of the log: the run's row says that it ends at ${head}`
    return [damage('inserted', { seq: head + 1, to: end, message })]
  }
  if (last === undefined || end < chainedFrom || last.hash === headHash) return []
  const message = `the run's row holds another hash than event ${end}: the end of the log was replaced`
  return [damage('head', { seq: end, message })]
}

/** Folds the log: what is whole but makes no sense was not written by a driver. */
function findSenseless(run: string, events: readonly ReadEvent[]): readonly Damage[] {
  const fold = createFold([])
  for (const { event, stored } of events) {
    try {
      if (event !== null) fold.add(event)
    } catch (error) {
      const { seq } = stored
      const message = `event ${seq} does not follow from those before it: ${messageOf(error)}`
      return [damage('senseless', { seq, message })]
    }
  }
  const says = fold.state.run
  if (says === run) return []
  return [
    damage('senseless', { seq: 1, message: `the log of run ${run} says that it is ${says}'s` }),
  ]
}
