import { setTimeout as wait } from 'node:timers/promises'
import { EntryQueue } from './entry-queue.ts'
import {
  MindError,
  type AskedCall,
  type Mind,
  type MindAnswer,
  type MindContext,
  type MindRequest,
} from './mind.ts'
import { PromptSize } from './prompt-size.ts'
import type { Script, ScriptAnswer } from './script.ts'

/** Runs whose place is remembered; a forgotten one is found again from `asked`. */
const PLACES_KEPT = 1_000
const TEXT_PIECES = 4

/**
 * A mind with no model: each call takes the first unused entry whose `when` fits it, in the order in
 * which the run made its calls.
 *
 * What a call takes follows from `request.asked` alone: calls under way at the same time never get
 * the same entry, a new process goes on exactly where the log ends, and a repeated attempt of a call
 * takes the same answer again; amortised O(1) per call. With sub-runs side by side, `when: { item }`
 * makes a script independent of the order in which they get on. An `error` entry fails one attempt
 * and is then used up. After a restart in the middle of a call's retries its retryable errors may
 * come once more, but one that ended a call for good does not.
 *
 * Scope is never checked and unused entries are fine. Throws a MindError: the entry's own,
 * `script_exhausted` when nothing fits any more, `aborted` when the signal ends it.
 */
export function scriptedMind(script: Script): Mind {
  const places = new Map<string, Place>()
  return {
    async answer(request, context) {
      const place = findPlace(script, { places, request })
      const claim = place.claims.get(request.call)
      const entry = place.queue.entry(claim?.entries[claim.next] ?? -1)
      if (claim === undefined || entry === undefined) throw exhausted(request)
      await delay(entry.delayMs, context.signal)
      if (entry.kind === 'failure') {
        claim.next += 1
        throw new MindError(entry.message, {
          code: entry.code,
          retryable: entry.retryable,
          ...(entry.retryAfterSeconds === null
            ? {}
            : { retryAfterSeconds: entry.retryAfterSeconds }),
        })
      }
      return speak(entry, { request, context, place })
    },
  }
}

/** The entries that one call takes, and how far its attempts got. */
interface Claim {
  readonly entries: readonly number[]
  next: number
}

/** Where a run is in the script. */
interface Place {
  readonly queue: EntryQueue
  readonly claims: Map<number, Claim>
  /** How many of `asked` have their claims, and the last of them. */
  count: number
  last: AskedCall | undefined
  /** The last call of each branch. */
  readonly latest: Map<string, number>
  readonly prompts: Map<string, PromptSize>
}

function findPlace(
  script: Script,
  known: { readonly places: Map<string, Place>; readonly request: MindRequest },
): Place {
  const { places, request } = known
  let place = places.get(request.run)
  // A log that was cut back (or another one under the same name) is replayed from its beginning.
  if (place === undefined || !isAhead(request, place)) {
    place = newPlace(script)
  }
  while (place.count < request.call) claimNext(place, request)
  places.delete(request.run)
  places.set(request.run, place)
  const [oldest] = places.keys()
  if (places.size > PLACES_KEPT && oldest !== undefined) places.delete(oldest)
  return place
}

function newPlace(script: Script): Place {
  return {
    queue: new EntryQueue(script),
    claims: new Map(),
    count: 0,
    last: undefined,
    latest: new Map(),
    prompts: new Map(),
  }
}

function isAhead({ asked, call }: MindRequest, place: Place): boolean {
  const last = asked[place.count - 1]
  const same =
    place.last === undefined ||
    (last?.step === place.last.step &&
      last.role === place.last.role &&
      last.branch === place.last.branch)
  return same && (call > place.count || place.claims.has(call))
}

/** The next call in the run's order takes its entries; a call that the log does not have takes none. */
function claimNext(place: Place, request: MindRequest): void {
  const number = ++place.count
  const known = request.asked[number - 1]
  place.last = known
  const call = known ?? (number === request.call ? request : undefined)
  if (call === undefined) return
  const before = place.latest.get(call.branch)
  if (before !== undefined) leave(place, before, request.asked[before - 1])
  place.latest.set(call.branch, number)
  place.claims.set(number, { entries: place.queue.claim(call), next: 0 })
}

/** A call is over once its branch makes another; one that ended without an answer gives back the rest. */
function leave(place: Place, number: number, call: AskedCall | undefined): void {
  const claim = place.claims.get(number)
  place.claims.delete(number)
  if (claim === undefined || call === undefined || call.answered) return
  place.queue.giveBack(claim.entries.slice(call.attempts))
}

function exhausted(request: MindRequest): MindError {
  return new MindError(
    `the script has no entry left for model call ${request.call} (step ${request.step})`,
    { code: 'script_exhausted', retryable: false },
  )
}

async function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted()
    if (delayMs > 0) await wait(delayMs, undefined, { signal })
  } catch (cause) {
    throw new MindError('the model call was aborted', { code: 'aborted', retryable: false, cause })
  }
}

function speak(
  entry: ScriptAnswer,
  turn: { readonly request: MindRequest; readonly context: MindContext; readonly place: Place },
): MindAnswer {
  const { request, context, place } = turn
  const parts = entry.parts.map((part, index) =>
    part.type === 'call' ? { ...part, id: part.id ?? callId(entry, { request, index }) } : part,
  )
  for (const part of parts) {
    if (part.type === 'text') for (const piece of pieces(part.text)) context.onText(piece)
  }
  return {
    parts,
    finish: entry.finish,
    usage: entry.usage ?? promptOf(place, request.branch).estimate(request, parts),
    ...(entry.risk === undefined ? {} : { risk: entry.risk }),
  }
}

/** Each branch has a transcript of its own. */
function promptOf(place: Place, branch: string): PromptSize {
  const known = place.prompts.get(branch) ?? new PromptSize()
  place.prompts.set(branch, known)
  return known
}

/** `call_<model call>_<position among the calls of the message>`, both from 1. */
function callId(
  entry: ScriptAnswer,
  part: { readonly request: MindRequest; readonly index: number },
): string {
  const before = entry.parts.slice(0, part.index).filter((other) => other.type === 'call')
  return `call_${part.request.call}_${before.length + 1}`
}

/** A few pieces that join to the text; none ends inside a character. */
function pieces(text: string): string[] {
  const made: string[] = []
  const size = Math.max(1, Math.ceil(text.length / TEXT_PIECES))
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + size, text.length)
    const last = text.charCodeAt(end - 1)
    if (last >= 0xd800 && last <= 0xdbff && end < text.length) end += 1
    made.push(text.slice(start, end))
    start = end
  }
  return made
}
