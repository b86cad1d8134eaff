import type { Event, Usage } from '../../src/core/log/event.ts'
import { runRecord } from '../../src/core/log/record/run-record.ts'
import { isJsonObject } from '../../src/core/spec/json.ts'
import { costOf } from '../../src/core/spec/prices.ts'
import { MAX_USD, PRICE } from './plan.ts'
import type { RandomPlay } from './play.ts'

/** What must never be in a log and beside it, whatever was played. */
export function wrongsOf(play: RandomPlay): readonly string[] {
  const { events, deeds, wrongs } = play
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
    ...overLimit(play),
    ...overridden(events),
    ...afterTheEnd(events),
    ...overspent(events),
    ...unverified(events),
    ...ofModels(play),
  ]
}

/** A version that a verifier did not accept is not published, and no number is used twice. */
function unverified(events: readonly Event[]): readonly string[] {
  const accepted = new Set<string>()
  const stored = events.flatMap((event) =>
    event.type === 'artifact.stored'
      ? [`${event.branch ?? ''}/${event.artifact}@${event.version}`]
      : [],
  )
  for (const event of events) {
    if (event.type === 'artifact.verified' && event.accepted) {
      accepted.add(`${event.artifact}@${event.version}`)
    }
  }
  const published = runRecord(events).artifacts.filter(({ artifact }) => artifact === 'letter')
  const wrong = published.filter(({ version }) => !accepted.has(`letter@${version}`))
  const rejected = events.filter(({ type }) => type === 'artifact.rejected').length
  return [
    ...repeated(stored).map((version) => `${version} was stored twice`),
    ...wrong.map(({ version }) => `letter@${version} is published, and nobody accepted it`),
    ...(rejected > 3 ? [`${rejected} artifacts were refused, and the run went on`] : []),
  ]
}

/** What a verifier or an artifact says is no fact (Law 3). */
function ofModels({ state }: RandomPlay): readonly string[] {
  return [...state.branches.values()].flatMap(({ facts }) =>
    facts.flatMap(({ tool, call: id, output }) => {
      const told = tool === 'verify_artifact' || tool === 'artifact_read'
      const said = isJsonObject(output) && Object.hasOwn(output, 'feedback')
      return told || said ? [`what ${tool} (${id}) says became a fact`] : []
    }),
  )
}

const NONE: { readonly usage?: Usage } = {}

/** A run's answers cost no more than it may, for each was as long as was asked for at most. */
function overspent(events: readonly Event[]): readonly string[] {
  const usd = events.reduce((sum, event) => {
    const { usage } =
      event.type === 'model.answered' || event.type === 'model.failed' ? event : NONE
    return usage === undefined ? sum : sum + costOf(PRICE, usage)
  }, 0)
  return usd > MAX_USD + 1e-9 ? [`${usd} USD were spent, of ${MAX_USD}`] : []
}

/**
 * What must never be among a run and its copies: two payments that stand for one id, or a word of a
 * person that was for another of them, or for the definition before.
 */
export function wrongsOfFamily(family: readonly RandomPlay[]): readonly string[] {
  return [
    ...family.flatMap(wrongsOf),
    ...repeated(family.flatMap(standing)).map(
      (args) => `two payments of a family stand for ${args}`,
    ),
    ...family.flatMap(({ events }) => usedFromBefore(events)),
  ]
}

function usedFromBefore(events: readonly Event[]): readonly string[] {
  let asked = new Set<string>()
  let confirmations = 0
  return events.flatMap((event) => {
    switch (event.type) {
      case 'run.forked':
      case 'definition.adopted':
        asked = new Set()
        confirmations = 0
        return []
      case 'approval.requested':
        asked.add(event.request.id)
        return []
      case 'user.confirmed':
        confirmations++
        return []
      case 'call.judged': {
        if (event.confirmation !== undefined) confirmations--
        const grant = event.grant === undefined || asked.has(event.grant)
        return [
          ...(grant ? [] : [`${event.grant ?? ''} was granted for another run or definition`]),
          ...(confirmations < 0 ? [`${event.call} used a confirmation from before`] : []),
        ]
      }
      default:
        return []
    }
  })
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) < index)
}

/** At most one payment for each id stands, but for those that were taken back. */
function overLimit(play: RandomPlay): readonly string[] {
  return repeated(standing(play)).map((args) => `two payments stand for ${args}`)
}

/** What was paid for and not taken back. */
function standing({ events, deeds }: RandomPlay): readonly string[] {
  const returned = new Set(
    events.flatMap((event) => (event.type === 'tool.returned' ? [event.call] : [])),
  )
  const back = new Set(
    events.flatMap((event) =>
      event.type === 'undo.called' && returned.has(event.call) ? [event.of] : [],
    ),
  )
  const stands = deeds.filter(
    ({ tool, call: id }) => tool === 'pay' && returned.has(id) && !back.has(id),
  )
  return stands.map(({ args }) => JSON.stringify(args))
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
    if (event.type === 'rewind.started' || event.type === 'run.forked') over = false
    return over && event.type === 'tool.dispatched' ? [`${event.call} ran after the end`] : []
  })
}
