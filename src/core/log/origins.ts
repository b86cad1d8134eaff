import { isJsonObject, type Json } from '../spec/json.ts'
import { Deferred, Following, type Readable } from './deferred.ts'
import { compactText, lookOf, numbersIn, refanged, takenText, tidyText } from './plain-text.ts'

/*
 * Where values came from: an index that the fold keeps, so that a `clean` gate need not read the
 * history (Law 10). Each event costs what its own content costs. Results of untrusted tools are kept
 * as they look; of other results each value is kept with its newest fact; the user's words are kept
 * as they are.
 */

/** Who wrote what a call brought in; absent for a trusted tool. */
export type Source = 'untrusted' | 'user' | 'model' | 'memory'

/** One piece of what somebody wrote, all its strings and names a line each. */
export interface Written {
  readonly seq: number
  /** The tool whose result it is; '' for the user's own words. */
  readonly tool: string
  readonly text: string
}

/** What an untrusted tool brought in. */
export interface Suspect extends Written {
  /** The text's letters and digits alone. */
  readonly compact: string
  readonly numbers: ReadonlySet<number>
}

/** The result that has a value. */
interface Giver {
  readonly seq: number
  readonly tool: string
}

/** The values that a branch met, by who gave them; worked out when a gate first asks. */
export interface Origins {
  readonly suspects: Readable<readonly Suspect[]>
  /** Events whose results do not count as trusted: an untrusted tool's, the user's, a model's. */
  readonly foreign: ReadonlySet<number>
  /** By value, the newest result of another tool that has it and was not given it as an argument. */
  readonly known: Readable<ReadonlyMap<string, Giver>>
}

/** A result as it came in. */
export interface Raw {
  readonly seq: number
  readonly tool: string
  readonly content: Json
}

interface RawFact extends Giver {
  readonly args: Json
  readonly output: Json
}

export type OwnWords = Deferred<Pick<Raw, 'seq' | 'content'>, Written[]>

export interface OriginsDraft extends Origins {
  readonly suspects: Deferred<Raw, Suspect[]>
  readonly foreign: Set<number>
  known: Readable<ReadonlyMap<string, Giver>>
}

const MAX_KEY_CHARS = 200

/** Nothing met yet, and what the facts of a branch will give. */
export function noOrigins(facts: readonly RawFact[]): OriginsDraft {
  const suspects = new Deferred<Raw, Suspect[]>([], (kept, raw) => void kept.push(suspectOf(raw)))
  const foreign = new Set<number>()
  return { suspects, foreign, known: knownIn(facts, foreign) }
}

/** The values of facts, also of those still to come, whose results were not noted as not trusted. */
export function knownIn(
  facts: readonly RawFact[],
  foreign: ReadonlySet<number>,
): OriginsDraft['known'] {
  const known = new Map<string, Giver>()
  return new Following(facts, known, (fact) => {
    if (!foreign.has(fact.seq)) know(known, fact)
  })
}

/** What the user sent, stated, confirmed or answered: nothing yet. */
export function noOwnWords(): OwnWords {
  return new Deferred<Pick<Raw, 'seq' | 'content'>, Written[]>([], addOwnWords)
}

function addOwnWords(own: Written[], of: { readonly seq: number; readonly content: Json }): void {
  const texts = textsOf(of.content)
  if (texts.length === 0) return
  // Both as written and tidied: what a call says is compared nearly as it is.
  const forms = texts.flatMap((text) => [...new Set([takenText(text), tidyText(text)])])
  own.push({ seq: of.seq, tool: '', text: forms.join('\n') })
}

/** Keeps who gave a result that a trusted tool did not give, before it is made a fact. */
export function noteSource(
  to: { readonly own: OwnWords; readonly origins: OriginsDraft },
  of: Raw & { readonly source: Source },
): void {
  const { own, origins } = to
  const { source, ...written } = of
  origins.foreign.add(of.seq)
  if (source === 'user') own.add(of)
  // Errors too, for a model reads them.
  if (source === 'untrusted' || source === 'memory') origins.suspects.add(written)
}

/** How a result of an untrusted tool is kept. */
export function suspectOf(of: Raw): Suspect {
  const texts = textsOf(of.content).flatMap((text) => [text, ...decoded(text)])
  const text = texts.map(lookOf).join('\n')
  const numbers = new Set(texts.flatMap((each) => [...numbersIn(each)]))
  return { seq: of.seq, tool: of.tool, text, compact: compactText(text), numbers }
}

/** Takes in the values of a fact that no argument of its own call brought in. */
function know(known: Map<string, Giver>, fact: RawFact): void {
  const { seq, tool, args, output } = fact
  const given = new Set(textsOf(args).map(tidyText))
  for (const text of textsOf(output)) {
    if (text.length > MAX_KEY_CHARS) continue
    for (const key of new Set([takenText(text), tidyText(text)])) {
      if (!given.has(key)) known.set(key, { seq, tool })
    }
  }
}

/** All texts, numbers and member names of a value; true, false and null say nothing. */
export function textsOf(value: Json): readonly string[] {
  const found: string[] = []
  const open: Json[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') found.push(next)
    else if (typeof next === 'number') found.push(String(next))
    else if (isJsonObject(next)) {
      for (const [name, member] of Object.entries(next)) {
        found.push(name)
        open.push(member)
      }
    } else if (typeof next === 'object' && next !== null) open.push(...next)
  }
  return found
}

/** What a model may read out of a text that hides it, or is written for machines: %40, &#64;, [.]. */
function decoded(text: string): readonly string[] {
  const plain = text
    .replace(/(?:%[0-9a-f]{2})+/gi, percentDecoded)
    .replace(/&#(x?)([0-9a-f]{1,6});/gi, (whole, hex: string, digits: string) =>
      characterOf(whole, Number.parseInt(digits, hex === '' ? 10 : 16)),
    )
    .replaceAll('&amp;', '&')
  return [...new Set([plain, refanged(plain)])].filter((each) => each !== text)
}

function percentDecoded(run: string): string {
  try {
    return decodeURIComponent(run)
  } catch {
    return run
  }
}

function characterOf(whole: string, code: number): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
}
