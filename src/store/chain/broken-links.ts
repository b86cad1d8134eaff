import type { Json } from '../../core/spec/json.ts'
import { canonicalText, chainHash, chainStart } from './chain.ts'
import { damage, type Damage, type ReadEvent } from './damage.ts'
import type { ChainedLog } from '../store.ts'

/*
 * Where the chain does not hold. One link alone that fails is one event that was changed; a tail of
 * them is a log that was renumbered after something was taken out of it or put in, or written anew.
 */

/** How far events may have been moved and renumbered for it to be told from plain changes. */
const MOST_MOVED = 16

/** One event with the hash before it, as the store has them. */
interface LinkAt {
  readonly seq: number
  readonly previous: string
  readonly text: string
  readonly hash: string
}

/** Damage that shows in the hashes alone. What `known` already explains is not told twice. */
export function findBrokenLinks(
  log: ChainedLog,
  events: readonly ReadEvent[],
  known: readonly Damage[],
): readonly Damage[] {
  const links = linksOf(log, events).filter(({ seq }) => !isExplained(seq, known))
  const broken = links.map((link) => !holds(link))
  const found: Damage[] = []
  for (let at = 0; at < links.length; at++) {
    if (broken[at] !== true) continue
    const from = at
    while (broken[at + 1] === true && links[at + 1]?.seq === (links[at]?.seq ?? 0) + 1) at++
    found.push(...explain(links, { from, to: at }))
  }
  return found
}

/** Events that have a hash, and so does the event before them. */
function linksOf(log: ChainedLog, events: readonly ReadEvent[]): readonly LinkAt[] {
  return events.flatMap(({ stored: { seq, text, hash } }, index): LinkAt[] => {
    const before = log.events[index - 1]
    if (hash === null || events[index]?.event === null) return []
    if (before === undefined || seq === log.chainedFrom) {
      return seq === log.chainedFrom ? [{ seq, previous: chainStart(log.run), text, hash }] : []
    }
    const apart = before.seq !== seq - 1 || before.hash === null
    return apart ? [] : [{ seq, previous: before.hash ?? '', text, hash }]
  })
}

/** True for an event that is named by other damage, or follows one that is. */
function isExplained(seq: number, known: readonly Damage[]): boolean {
  return known.some((each) => seq >= each.seq && seq <= (each.to ?? each.seq) + 1)
}

function holds({ previous, text, hash }: LinkAt): boolean {
  return chainHash(previous, canonicalText(text)) === hash
}

function explain(
  links: readonly LinkAt[],
  run: { readonly from: number; readonly to: number },
): readonly Damage[] {
  const broken = links.slice(run.from, run.to + 1)
  const [first, second] = broken
  if (first === undefined) return []
  const { seq } = first
  if (second === undefined) {
    const before = seq === 1 ? '' : `, or event ${seq - 1} was replaced together with its hash`
    const message = `event ${seq} does not fit its hash: it was changed${before}`
    return [damage('changed', { seq, message })]
  }
  if (broken.length === 2 && isHashChanged(first, second)) {
    const message = `the hash of event ${seq} was changed; the event itself fits those around it`
    return [damage('changed', { seq, message })]
  }
  const moved = movedBy(broken.slice(1, 4))
  const to = broken.at(-1)?.seq ?? seq
  if (moved > 0) {
    const what = moved === 1 ? 'an event was' : `${moved} events were`
    const message = `${what} dropped at ${seq}, and those after it renumbered to hide it`
    return [damage('dropped', { seq, message })]
  }
  if (moved < 0) {
    const what = moved === -1 ? 'an event was' : `${-moved} events were`
    const message = `${what} inserted at ${seq}, and those after renumbered to hide it`
    return [damage('inserted', { seq, to: seq - moved - 1, message })]
  }
  const message = `events ${seq} to ${to} do not fit their hashes: they were changed, or replaced by others`
  return [damage('changed', { seq, to, message })]
}

/** True when the event fits the one before it and the one after it, and only its hash fits neither. */
function isHashChanged(first: LinkAt, second: LinkAt): boolean {
  const right = chainHash(first.previous, canonicalText(first.text))
  return holds({ ...second, previous: right })
}

/** By how much events were renumbered: under their old numbers they still fit their hashes. */
function movedBy(links: readonly LinkAt[]): number {
  for (let distance = 1; distance <= MOST_MOVED; distance++) {
    for (const by of [distance, -distance]) {
      if (links.some((link) => holds({ ...link, text: renumbered(link.text, by) }))) return by
    }
  }
  return 0
}

function renumbered(text: string, by: number): string {
  const value: Json = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('seq' in value)) return text
  return typeof value.seq === 'number' ? JSON.stringify({ ...value, seq: value.seq + by }) : text
}
