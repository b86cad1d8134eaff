import type { Event } from '../../src/core/log/event.ts'
import type { Deed, RandomPlay } from './play.ts'

/** What must never be in a log and beside it, whatever was played. */
export function wrongsOf({ events, deeds, wrongs }: RandomPlay): readonly string[] {
  const writes = deeds.filter(({ tool }) => tool === 'pay' || tool === 'mail')
  const twice = repeated(writes.map((deed) => deed.call))
  const judged = events.flatMap((event) => (event.type === 'call.judged' ? [event] : []))
  const allowed = new Map(
    judged.flatMap((event) => (event.verdict === 'allow' ? [[event.call, event]] : [])),
  )
  const unasked = writes.filter(({ call: id }) => {
    const verdict = allowed.get(id)
    return verdict?.grant === undefined && verdict?.confirmation === undefined
  })
  const confirmed = events.filter(({ type }) => type === 'user.confirmed').length
  const usedUp = judged.filter(({ confirmation }) => confirmation !== undefined).length
  return [
    ...wrongs,
    ...twice.map((id) => `the write ${id} ran twice`),
    ...unasked.map(({ tool, call: id }) => `${tool} (${id}) ran and nobody was asked`),
    ...repeated(judged.flatMap(({ grant }) => grant ?? [])).map((id) => `${id} was used twice`),
    ...(usedUp > confirmed ? ['more confirmations were used up than given'] : []),
    ...overLimit(events, writes),
    ...overridden(events),
    ...afterTheEnd(events),
  ]
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) < index)
}

/** At most one payment for each id stands, but for those that were taken back. */
function overLimit(events: readonly Event[], writes: readonly Deed[]): readonly string[] {
  const returned = new Set(
    events.flatMap((event) => (event.type === 'tool.returned' ? [event.call] : [])),
  )
  const back = new Set(
    events.flatMap((event) =>
      event.type === 'undo.called' && returned.has(event.call) ? [event.of] : [],
    ),
  )
  const stands = writes.filter(
    ({ tool, call: id }) => tool === 'pay' && returned.has(id) && !back.has(id),
  )
  return repeated(stands.map(({ args }) => JSON.stringify(args))).map(
    (args) => `two payments stand for ${args}`,
  )
}

/** Two people are two people, and not the one who started the run. */
function overridden(events: readonly Event[]): readonly string[] {
  const whole = new Set(
    events.flatMap((event) => (event.type === 'call.judged' ? (event.grant ?? []) : [])),
  )
  return events.flatMap((event) => {
    if (event.type !== 'approval.requested' || event.request.approvers < 2) return []
    const { id } = event.request
    if (!whole.has(id)) return []
    const by = events.flatMap((each) =>
      each.type === 'approval.granted' && each.request === id ? [each.by.trim().toLowerCase()] : [],
    )
    const others = new Set(by.filter((name) => name !== 'ana' && name !== ''))
    return others.size >= 2 ? [] : [`${id} was granted by ${by.join(', ')}`]
  })
}

/** A run that was cancelled does nothing more unless somebody has it go back. */
function afterTheEnd(events: readonly Event[]): readonly string[] {
  let over = false
  return events.flatMap((event) => {
    if (event.type === 'run.rested' && event.reason === 'cancelled') over = true
    if (event.type === 'rewind.started') over = false
    return over && event.type === 'tool.dispatched' ? [`${event.call} ran after the end`] : []
  })
}
