import type { Branch, Fact } from '../../log/branch.ts'
import { suspectOf, textsOf, type Suspect } from '../../log/origins.ts'
import {
  compactText,
  isEdge,
  isWordly,
  lookOf,
  numberOf,
  numbersIn,
  takenText,
  tidyText,
} from '../../log/plain-text.ts'
import type { State } from '../../log/state.ts'
import { isJsonObject, type Json } from '../../spec/json.ts'
import type { Plan } from '../../spec/plan.ts'
import { addressesIn, sitesOf } from './address.ts'

/*
 * Whether a value came only from untrusted results. The untrusted side is read widely: as texts look,
 * with parts of them, without separators. The user's words and trusted results are read narrowly: a
 * look-alike of what the user wrote, or a piece of it, is not what the user wrote. So both doubts
 * hold the call. What a trusted tool only echoes from its arguments it did not give.
 */

/** A value that came from an untrusted tool alone, and the newest result that has it. */
interface Taint {
  readonly value: string | number
  readonly tool: string
  readonly seq: number
}

interface World {
  readonly plan: Plan
  readonly state: State
}

const MAX_SCALARS = 1000
/** From here on a value counts as found inside a longer word. */
const LONG = 5
const LONG_COMPACT = 6
/** The same for words, which run into each other more easily than numbers do. */
const LONG_WORDS = 10
const MAX_COMPACT = 64

/** The first value at or below `value` that only untrusted results have; null when there is none. */
export function taintOf(value: Json, world: World): Taint | null {
  const scalars = scalarsOf(value)
  for (const scalar of scalars.slice(0, MAX_SCALARS)) {
    const taint = scalarTaint(scalar, world)
    if (taint !== null) return taint
  }
  if (scalars.length > MAX_SCALARS) throw new RangeError(`more than ${MAX_SCALARS} values to trace`)
  return null
}

function scalarsOf(value: Json): readonly (string | number)[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value]
  if (typeof value === 'number') return [value]
  if (typeof value !== 'object' || value === null) return []
  // A member's name is as much the model's as its value.
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, member]) => [name, ...scalarsOf(member)])
  }
  return value.flatMap(scalarsOf)
}

function scalarTaint(value: string | number, world: World): Taint | null {
  for (const part of [value, ...(typeof value === 'string' ? addressesIn(value) : [])]) {
    if (isKnown(part, world.state, world.plan)) continue
    // The narrow look at trusted texts comes last: it costs most, and few values get so far.
    const suspect = suspectWith(part, world) ?? siteSuspect(part, world)
    if (suspect === null || isGiven(part, world)) continue
    return { value: part, tool: suspect.tool, seq: suspect.seq }
  }
  return null
}

/** A link in other words, or to another page, of a site that only untrusted results name. */
function siteSuspect(value: string | number, world: World): Suspect | null {
  const sites = typeof value === 'string' ? sitesOf(value) : []
  const [bare] = sites
  const suspect = bare === undefined ? null : suspectWith(bare, world)
  if (suspect === null) return null
  const { state, plan } = world
  const named = sites.some(
    (site) =>
      isKnown(site, state, plan) ||
      isGiven(site, world) ||
      state.own.read().some(({ text }) => hasSite(text, site)),
  )
  return named ? null : suspect
}

/** True when a text has a link to that site: a page of it counts, a part of its name does not. */
function hasSite(text: string, site: string): boolean {
  for (let at = text.indexOf(site); at >= 0; at = text.indexOf(site, at + 1)) {
    const before = text[at - 1] ?? ''
    const after = text.slice(at + site.length, at + site.length + 2)
    if (!/[\p{L}\p{N}._@-]/u.test(before) && !/^(?:[\p{L}\p{N}_@-]|\.[\p{L}\p{N}])/u.test(after)) {
      return true
    }
  }
  return false
}

/** True when a trusted result has exactly this value: the quick answer for most calls. */
function isKnown(value: string | number, state: State, plan: Plan): boolean {
  const key = takenText(String(value))
  for (const { origins } of state.branches.values()) {
    const giver = origins.known.read().get(key)
    if (giver !== undefined && isTrusted(giver.tool, plan)) return true
  }
  return false
}

function isTrusted(tool: string, plan: Plan): boolean {
  return plan.tools.get(tool)?.trust !== 'untrusted'
}

/** The newest result of an untrusted tool that has the value, in whatever form. */
function suspectWith(value: string | number, { state, plan }: World): Suspect | null {
  let newest: Suspect | null = null
  const wanted = wantedOf(value)
  for (const branch of state.branches.values()) {
    for (const suspect of suspectsOf(branch, plan)) {
      if (newest !== null && suspect.seq < newest.seq) continue
      if (occurs(wanted, suspect)) newest = suspect
    }
  }
  return newest
}

/** What the fold has marked; and results of before marks were kept, or of a tool whose trust was taken. */
function suspectsOf(branch: Branch, plan: Plan): readonly Suspect[] {
  const { foreign } = branch.origins
  const suspects = branch.origins.suspects.read()
  const unmarked = branch.facts.filter(
    ({ tool, seq }) => !isTrusted(tool, plan) && !foreign.has(seq),
  )
  if (unmarked.length === 0) return suspects
  return [
    ...suspects,
    ...unmarked.map(({ tool, seq, output }) => suspectOf({ tool, seq, content: output })),
  ]
}

interface Wanted {
  readonly look: string
  /** True where it counts as found inside a longer word. */
  readonly long: boolean
  /** Without separators; '' where it is too short to be found by them alone. */
  readonly compact: string
  readonly numbers: readonly number[]
}

function wantedOf(value: string | number): Wanted {
  const look = lookOf(String(value))
  const compact = compactText(look)
  const least = /\d/.test(String(value)) ? LONG_COMPACT : LONG_WORDS
  return {
    look,
    long: compact.length >= LONG,
    compact: compact.length >= least ? compact : '',
    numbers: typeof value === 'number' ? [value] : numberOf(value),
  }
}

function occurs({ look, long, compact, numbers }: Wanted, suspect: Suspect): boolean {
  if (numbers.some((number) => suspect.numbers.has(number))) return true
  if (look === '') return false
  if (long ? suspect.text.includes(look) : hasWord(suspect.text, look)) return true
  return compact !== '' && suspect.compact.includes(compact)
}

/** True when the words of a text have the value between edges. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (isEdge(text, at) && isEdge(text, at + word.length)) return true
  }
  return false
}

/** True when the user wrote the value, or a trusted tool gave it within a longer text. */
function isGiven(value: string | number, { state, plan }: World): boolean {
  if (state.own.read().some(({ text }) => gives(text, value))) return true
  for (const branch of state.branches.values()) {
    const { foreign } = branch.origins
    for (const fact of branch.facts) {
      if (foreign.has(fact.seq) || !isTrusted(fact.tool, plan)) continue
      if (givenBy(fact, value)) return true
    }
  }
  return false
}

function givenBy(fact: Fact, value: string | number): boolean {
  const echoed = textsOf(fact.args)
    .map(tidyText)
    .filter((text) => text !== '')
  return textsOf(fact.output).some((text) => {
    let own = tidyText(text)
    for (const echo of echoed) own = without(own, echo)
    return gives(own, value)
  })
}

/** A text with the words taken out, where they stand by themselves. */
function without(text: string, words: string): string {
  let left = ''
  let from = 0
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (at < from || !isEdge(text, at) || !isEdge(text, at + words.length)) continue
    left += `${text.slice(from, at)}\n`
    from = at + words.length
  }
  return left + text.slice(from)
}

/** True when a tidied text has the value whole: as a number, as words, or spelt with separators. */
function gives(text: string, value: string | number): boolean {
  const numbers = typeof value === 'number' ? [value] : numberOf(value)
  if (numbers.length > 0) {
    const found = new Set(numbersIn(text))
    if (numbers.some((number) => found.has(number))) return true
  }
  const taken = takenText(String(value))
  const forms = [taken, taken.replace(/^https?:\/\//, '').replace(/\/$/, '')]
  return forms.some((form) => hasWhole(text, form)) || isSpelt(text, taken)
}

function hasWhole(text: string, words: string): boolean {
  if (words === '') return false
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (isWhole(text, words, at)) return true
  }
  return false
}

/** False inside a longer word, name, address: `example.co` is no part of `example.com` or `example.co.uk`. */
function isWhole(text: string, words: string, at: number): boolean {
  const end = at + words.length
  if (!isEdge(text, at) || !isEdge(text, end)) return false
  const joins = /[\d.@:/\\]/.test(words) ? /[-._@:/\\#?&=+~%]/ : /[-_@]/
  const joinedBefore = joins.test(text[at - 1] ?? '') && isWordly(text[at - 2])
  const joinedAfter = joins.test(text[end] ?? '') && isWordly(text[end + 1])
  return !joinedBefore && !joinedAfter
}

const SEPARATORS = /[\s\-./]/

/** An account or phone number, grouped by spaces or hyphens in one place and not in the other. */
function isSpelt(text: string, value: string): boolean {
  const wanted = value.replaceAll(/[\s\-./]/g, '')
  const isNumber = /^[\p{L}\p{N}]+$/u.test(wanted) && wanted.replace(/\P{N}/gu, '').length >= 4
  if (!isNumber || wanted.length < LONG_COMPACT || wanted.length > MAX_COMPACT) return false
  for (
    let at = text.indexOf(wanted[0] ?? '');
    at >= 0;
    at = text.indexOf(wanted[0] ?? '', at + 1)
  ) {
    if (isEdge(text, at) && speltFrom(text, wanted, at)) return true
  }
  return false
}

function speltFrom(text: string, wanted: string, start: number): boolean {
  let at = start
  let gap = 0
  for (let read = 0; read < wanted.length;) {
    const character = text[at]
    if (character === undefined) return false
    if (character === wanted[read]) {
      read++
      gap = 0
    } else if (!SEPARATORS.test(character) || ++gap > 1) return false
    at++
  }
  return isEdge(text, at)
}
