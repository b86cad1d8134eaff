import { createContext, Script, type Context } from 'node:vm'
import type { PatternSpec } from '../../../core/spec/chain-spec.ts'
import { messageOf } from '../../../core/spec/message-of.ts'
import { findingAt, quoteSafe, type Finding } from './finding.ts'

/*
 * Authors' regular expressions, which may take for ever: V8's own, in a context where a time limit
 * interrupts them. All patterns of one artifact share a second, since nothing else runs meanwhile.
 * One that does not finish is a finding (Law 4).
 */

/** Milliseconds that all patterns of one artifact may take together. */
export const PATTERNS_LIMIT_MS = 1000

/** Matches of one pattern that are told apart, at most. */
const SHOWN_MATCHES = 3

/** Looks for authors' patterns in one text, within one time limit. */
export interface PatternRunner {
  /** A finding for each of the first matches of a pattern that must not match. */
  readonly forbidden: (pattern: PatternSpec, said: Said) => readonly Finding[]
  /** How often a pattern matches, counted up to `most`; or why that is not known. */
  readonly count: (
    pattern: PatternSpec,
    most: { readonly most: number; readonly rule: string },
  ) => number | Finding
}

interface Said {
  readonly rule: string
  /** What a match is, when the pattern gives no reason. */
  readonly says: string
}

type Matches =
  | { readonly ok: true; readonly places: readonly (readonly [number, number])[] }
  | { readonly ok: false; readonly message: string }

const FIND = new Script(
  `(() => {
    const places = []
    for (const match of text.matchAll(new RegExp(pattern, flags))) {
      places.push([match.index, match[0].length])
      if (places.length >= most) break
    }
    return JSON.stringify(places)
  })()`,
)

/** Makes a runner for one text. */
export function createPatternRunner(
  text: string,
  { limitMs = PATTERNS_LIMIT_MS }: { readonly limitMs?: number } = {},
): PatternRunner {
  let left = limitMs
  let place: Context | null = null
  const find = (spec: PatternSpec, most: number): Matches => {
    if (left < 1) return { ok: false, message: unfinishedPattern(limitMs) }
    const began = performance.now()
    place ??= createContext({ text })
    const matches = matchesOf(place, { spec, most, timeout: Math.ceil(left), limitMs })
    left -= performance.now() - began
    return matches
  }
  return {
    forbidden: (spec, { rule, says }) => {
      const found = find(spec, SHOWN_MATCHES)
      if (!found.ok) return [failed(spec, { rule, message: found.message })]
      return found.places.map(([at, length]) => {
        const words = quoteSafe(text.slice(at, at + Math.min(length, 80)))
        const reason = reasonOf(spec)
        const why = reason === null ? `${says} (/${sourceOf(spec)}/)` : `is not accepted: ${reason}`
        return findingAt(text, at, { rule, message: `"${words}" ${why}; leave it out` })
      })
    },
    count: (spec, { most, rule }) => {
      const found = find(spec, most)
      return found.ok ? found.places.length : failed(spec, { rule, message: found.message })
    },
  }
}

/** The regular expression of a pattern, as an author wrote it. */
export function sourceOf(spec: PatternSpec): string {
  return typeof spec === 'string' ? spec : spec.pattern
}

/** The words that an author gave a pattern, or null. */
export function reasonOf(spec: PatternSpec): string | null {
  return typeof spec === 'string' ? null : (spec.reason ?? null)
}

/** The flags with which a pattern runs: always `u`, and `i` unless it names its own. */
export function flagsOf(spec: PatternSpec): string {
  const own = typeof spec === 'string' ? 'i' : (spec.flags ?? 'i')
  return [...new Set(`${own}u`)].join('')
}

function matchesOf(
  place: Context,
  {
    spec,
    most,
    timeout,
    limitMs,
  }: {
    readonly spec: PatternSpec
    readonly most: number
    readonly timeout: number
    readonly limitMs: number
  },
): Matches {
  Object.assign(place, { pattern: sourceOf(spec), flags: `${flagsOf(spec)}g`, most })
  try {
    const found: unknown = JSON.parse(String(FIND.runInContext(place, { timeout })))
    return { ok: true, places: Array.isArray(found) ? found.filter(isPlace) : [] }
  } catch (error) {
    const isLate = Reflect.get(Object(error), 'code') === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    return { ok: false, message: isLate ? unfinishedPattern(limitMs) : messageOf(error) }
  }
}

function isPlace(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number')
}

function unfinishedPattern(limitMs: number): string {
  return `the patterns of this artifact did not finish in ${limitMs} ms together`
}

function failed(
  spec: PatternSpec,
  { rule, message }: { readonly rule: string; readonly message: string },
): Finding {
  return {
    rule,
    message: `the pattern /${sourceOf(spec)}/ could not be checked: ${message}; a text that was not checked is not accepted. The author of the workflow can write the pattern without nested repetition, such as (a+)+`,
  }
}
