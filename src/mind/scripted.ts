import { setTimeout as wait } from 'node:timers/promises'
import { EntryQueue } from './entry-queue.ts'
import {
  MindError,
  type AnsweredCall,
  type Mind,
  type MindAnswer,
  type MindContext,
  type MindRequest,
} from './mind.ts'
import { PromptSize } from './prompt-size.ts'
import type { Script, ScriptAnswer } from './script.ts'

/** Runs whose place is remembered; a forgotten one is found again from `answered`. */
const PLACES_KEPT = 1_000
const TEXT_PIECES = 4

/**
 * A mind with no model: each call takes the first unused entry whose `when` fits it.
 *
 * The place in the script follows from `request.answered`, so a new process goes on exactly where
 * the log ends, and a repeated attempt of a call takes the same answer again; amortised O(1) per
 * call. An `error` entry fails one attempt and is then used up; one that stands before an answer
 * already given is past. After a restart in the middle of a call's retries its retryable errors may
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
      const entry = place.queue.take(request)
      if (entry === null) throw exhausted(request)
      await delay(entry.delayMs, context.signal)
      if (entry.kind === 'failure') {
        place.queue.use(entry)
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

/** Where a run is in the script. */
interface Place {
  readonly queue: EntryQueue
  /** How many of `answered` are behind, and the last of them. */
  count: number
  last: AnsweredCall | undefined
  readonly prompt: PromptSize
}

function findPlace(
  script: Script,
  known: { readonly places: Map<string, Place>; readonly request: MindRequest },
): Place {
  const { places, request } = known
  const { answered } = request
  let place = places.get(request.run)
  // A log that was cut back (or another one under the same name) is replayed from its beginning.
  if (place === undefined || !isAhead(answered, place)) {
    place = { queue: new EntryQueue(script), count: 0, last: undefined, prompt: new PromptSize() }
    skipAnswered(place, answered)
    place.queue.skipEnded(request)
  }
  skipAnswered(place, answered)
  places.delete(request.run)
  places.set(request.run, place)
  const [oldest] = places.keys()
  if (places.size > PLACES_KEPT && oldest !== undefined) places.delete(oldest)
  return place
}

function isAhead(answered: readonly AnsweredCall[], place: Place): boolean {
  if (place.count === 0) return true
  const last = answered[place.count - 1]
  return last?.step === place.last?.step && last?.role === place.last?.role
}

function skipAnswered(place: Place, answered: readonly AnsweredCall[]): void {
  for (; place.count < answered.length; place.count++) {
    const call = answered[place.count]
    if (call !== undefined) place.queue.useAnswer(call)
    place.last = call
  }
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
    usage: entry.usage ?? place.prompt.estimate(request, parts),
  }
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
