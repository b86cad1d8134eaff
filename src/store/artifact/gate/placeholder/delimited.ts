import {
  FIELD_HEADS,
  FIELD_WORDS,
  FOREIGN_FIELDS,
  INSTRUCTED,
  INSTRUCTIONS,
  WEAK_INSTRUCTIONS,
  WORK_OPENINGS,
  WORK_PIECES,
} from './placeholder-list.ts'
import { plainWords } from './plain-words.ts'
import { ELEMENTS } from '../reading/tags.ts'
import { unfilled, unfinished, type Stub } from './stub.ts'

/*
 * Stubs between delimiters: `[Your Name]`, `<insert date>`, `{company}`, `(to be added)`, comments.
 * What stands between says whether it is one: an opening that asks for work, a field's name, an
 * instruction. Links, citations, footnotes, tasks and tags are none.
 */

/** What a text between delimiters is: work left, an instruction to the writer, a field's name, none of these. */
type Verdict = 'work' | 'instruction' | 'field' | null

const heads: ReadonlySet<string> = new Set(FIELD_HEADS)
const words: ReadonlySet<string> = new Set([...FIELD_HEADS, ...FIELD_WORDS])
const foreign: ReadonlySet<string> = new Set(FOREIGN_FIELDS)
const instructions: ReadonlySet<string> = new Set(INSTRUCTIONS)
const weak: ReadonlySet<string> = new Set(WEAK_INSTRUCTIONS)
const instructed: ReadonlySet<string> = new Set(INSTRUCTED)
const openings = byFirstWord(WORK_OPENINGS)
const PIECES = new RegExp(WORK_PIECES.join('|'), 'u')
const HERE = /^(?!see |click |you are |read |from |start )(?:\S+ ){1,5}here$/u
const LACKING =
  / to be (?:written|added|filled|completed|confirmed|decided|defined|determined|inserted|provided|supplied)(?: in)?$|^(?:\S+ ){0,3}(?:details|information|info|data|numbers?|figures|source|citation|text|content) (?:needed|missing)$| placeholder$|^blank$/u
const SPACE =
  /^x{1,3} (?:years?|months?|weeks?|days?|hours?|percent|people|employees|items|times|dollars|euros|million)\b|^(?:dd|mm|yyyy|yy|tt|jjjj|aaaa)(?: (?:dd|mm|yyyy|yy|tt|jjjj|aaaa))+$/u
const MARKS = /^(?:x{2,}|\?+|_+|-{2,})$/u

/** Judges what stands between two delimiters; total, constant time for at most 160 characters. */
function judge(inner: string): Verdict {
  const plain = plainWords(inner)
  if (plain === '') return null
  const [first = '', second = '', third = ''] = plain.split(' ', 3)
  const opening = openings
    .get(first)
    ?.some((each) => plain === each || plain.startsWith(`${each} `))
  if (opening === true || PIECES.test(plain)) return 'work'
  if (first === 'your' && second !== '') return 'work'
  if (MARKS.test(plain) || LACKING.test(plain)) return 'work'
  if (SPACE.test(plain)) return 'field'
  if (instructions.has(first) && second !== '' && !/^(?:key|button|mode)$/u.test(second))
    return 'instruction'
  if (first === 'insert') return 'instruction'
  if (weak.has(first) && (instructed.has(second) || (instructed.has(third) && third !== 'to'))) {
    return 'instruction'
  }
  if (HERE.test(plain) && plain.length < 60) return 'instruction'
  return isField(plain) ? 'field' : null
}

function byFirstWord(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const text of texts) {
    const first = text.split(' ', 1)[0] ?? ''
    found.set(first, [...(found.get(first) ?? []), text])
  }
  return found
}

function isField(plain: string): boolean {
  if (foreign.has(plain)) return true
  const parts = plain.split(' ')
  if (parts.length > 7 || parts.every((part) => !heads.has(part))) return false
  if (parts[0] === 'the' && parts.length === 2) return false
  return parts.every((part) => words.has(part) || /^(?:\d{1,2}|[a-dxyz])$/u.test(part))
}

interface Delimiters {
  readonly pattern: RegExp
  /** Which verdicts count, looking at what stands around. */
  readonly counts: (verdict: Verdict, around: Around) => boolean
}

interface Around {
  readonly before: string
  readonly inner: string
  readonly after: string
  readonly defined: Definitions
}

/** What a document explains elsewhere: links by name, elements that are closed. */
interface Definitions {
  readonly links: ReadonlySet<string>
  readonly closed: ReadonlySet<string>
}

const PRESSED = /\b(?:click|press|tap|hit|button|key|keys|menu)\s*\W?$/iu
/** How a command is written down: its name and options, then what to put there. */
const COMMAND = /(?:^|\n)[ \t]*(?:usage:|\$ )[^\n]*$|(?:^|[\s,[])-{1,2}[a-z][\w-]*[ =]$/iu
const CLOSING = /<\/\s*([a-z][\w:.-]*)/giu
const DEFINITION = /^[ \t>]{0,8}\[([^\]\n]{1,200})\]:[ \t]*\S*[./#@]/gmu

const DELIMITERS: readonly Delimiters[] = [
  { pattern: /\[([^[\]]{1,160})\]/gu, counts: countsInBrackets },
  { pattern: /<([^<>]{1,120})>/gu, counts: countsInAngles },
  { pattern: /\{([^{}]{1,80})\}/gu, counts: countsInBraces },
  { pattern: /\(([^()]{1,80})\)/gu, counts: countsInParentheses },
  { pattern: /\uE010([^\uE010\uE011]{1,400})\uE011/gu, counts: countsInComment },
  { pattern: /«([^«»\s]{1,80})»/gu, counts: countsInGuillemets },
]
// An opening is enough, closed or not, and whatever is nested in it.
const OPENED =
  /[[{<][^\p{L}\p{N}[\]{}<>\n]{0,8}(?:T[O0]\s?-?D[O0]|TBD|TBC|TBA|FIX-?ME|XXX+|PLACEHOLDER|INSERT|YOUR|FILL[ -]IN|LOREM IPSUM|TO BE (?:ADDED|DETERMINED|CONFIRMED|COMPLETED|FILLED|DEFINED|DECIDED|PROVIDED|WRITTEN))(?![\p{L}\p{N}])(?=([^\n]{0,3}))/giu

/** Stubs between delimiters in a folded text; linear. */
export function* delimitedStubs(
  text: string,
  { code }: { readonly code: boolean },
): Iterable<Stub> {
  const defined = definitionsIn(text)
  for (const { pattern, counts } of DELIMITERS) {
    for (const match of text.matchAll(pattern)) {
      const inner = match[1] ?? ''
      if (!/\p{L}{2}|[?_-]|X/iu.test(inner) || /\n\s*\n|\uE01E/u.test(inner)) continue
      const verdict = judge(inner)
      if (verdict === null || (code && verdict !== 'work')) continue
      const end = match.index + match[0].length
      const around: Around = {
        before: text.slice(Math.max(0, match.index - 40), match.index),
        inner,
        after: text.slice(end, end + 80),
        defined,
      }
      if (!counts(verdict, around)) continue
      yield delimited(match[0], { start: match.index, end, work: verdict === 'work' })
    }
  }
  for (const match of text.matchAll(OPENED)) {
    const opened = opensStub(text, match)
    if (opened) {
      yield delimited(match[0], {
        start: match.index,
        end: match.index + match[0].length,
        work: true,
      })
    }
  }
}

function delimited(
  written: string,
  { start, end, work }: { readonly start: number; readonly end: number; readonly work: boolean },
): Stub {
  const shown = written.replace('\uE010', '<!--').replace('\uE011', '-->')
  return {
    start,
    end,
    core: { start: start + 1, end: Math.max(start + 2, end - 1) },
    message: work ? unfinished(shown) : unfilled(shown),
  }
}

function definitionsIn(text: string): Definitions {
  const closed = text.includes('</') ? Array.from(text.matchAll(CLOSING), nameOf) : []
  const links = text.includes(']:') ? Array.from(text.matchAll(DEFINITION), nameOf) : []
  return { links: new Set(links), closed: new Set(closed) }
}

function nameOf(match: RegExpExecArray): string {
  return (match[1] ?? '').toLowerCase()
}

/** Comments name parts of a page; only work that is left makes one a stub. */
function countsInComment(verdict: Verdict, { inner }: Around): boolean {
  return (
    verdict === 'work' || (verdict === 'instruction' && /^\W*insert\b|\bhere\W*$/iu.test(inner))
  )
}

function countsInBrackets(verdict: Verdict, { before, inner, after, defined }: Around): boolean {
  if (defined.links.has(inner.toLowerCase()) || /^\s*[,|=]/u.test(inner)) return false
  if (/[\p{L}\p{N})\]]$/u.test(before) && !/\s/u.test(inner) && verdict !== 'work') return false
  if (verdict === 'field' && (/["=]|^\s*[?']/u.test(inner) || COMMAND.test(before))) return false
  if (verdict === 'field' && before.endsWith('[') && after.startsWith(']')) {
    return /\b(?:name|date|address|number|company)\b/iu.test(inner)
  }
  const link = /^(?:\(([^)\n]*)|\[)/u.exec(after)
  if (link === null) return verdict === 'work' || !PRESSED.test(before)
  const target = (link[1] ?? '').toLowerCase()
  const named = plainWords(inner).split(' ', 1)[0] ?? ''
  if (verdict === 'instruction' && before.endsWith('!')) return true
  if (verdict !== 'work' || plainWords(target).includes(named)) return false
  return before.endsWith('!') || /^\s*(?:#|url|link|\W*)\s*$/u.test(target) || isShort(inner)
}

/** A link's text may tell of stubs (`[TODO list](…)`); alone it is one. */
function isShort(inner: string): boolean {
  return /^(?:todo|tbd|tbc|tba|fixme|placeholder|insert .*|your .*|xxx+)$/u.test(plainWords(inner))
}

function countsInAngles(verdict: Verdict, { before, inner, after, defined }: Around): boolean {
  const name = (/^\/?\s*([\w:.-]+)/u.exec(inner)?.[1] ?? '').toLowerCase()
  if (/^[/!?]/u.test(inner) || inner.endsWith('/') || /^\S+(?:@|:\/\/|=)\S*$/u.test(inner))
    return false
  if (defined.closed.has(name) || (verdict === 'field' && COMMAND.test(before))) return false
  if (ELEMENTS.has(inner.trim().toLowerCase())) return false
  if (/^\s|\s$/u.test(inner) && /[\w)\]]\s*$/u.test(before) && verdict !== 'work') return false
  return !(/[\p{L}\p{N}]$/u.test(before) && verdict !== 'work' && !/^\W*[@.]/u.test(after))
}

function countsInBraces(verdict: Verdict, { before, inner }: Around): boolean {
  if (/[\\$_^#%]\w*$|\\\w+(?:\[[^\]]*\])?(?:\{[^{}]*\})*$/u.test(before)) return false
  if (/["':=;,|/[]|^\s*(?:number|text|url|id)\s*$/iu.test(inner) && verdict !== 'work') return false
  // `/users/{id}` is how an address is written.
  return verdict === 'work' || !/[/?&=.\w-]$/u.test(before)
}

const WAITING =
  /^(?:待定|待补充|待補充|待填写|待填|待确认|待確認|待完善|未定|미정|추후.{0,10}|请填写.{0,20}|請填寫.{0,20})$/u
const PARENTHESISED =
  /^(?:tb[dca]|todo|fixme|to be \w+|xxx+|coming soon|placeholder|insert (?:\w+ )?(?:here|name|date|link|image|photo|logo|text|title|url|address|amount|number|company|signature|your)|insert .* here|your .* here|.* goes here|your (?:full )?name|fill in|to follow|(?:the )?rest (?:omitted|unchanged)|rest of the (?:document|content|text|section|code|report) .*)\b/u

function countsInParentheses(verdict: Verdict, { inner, before }: Around): boolean {
  const plain = plainWords(inner)
  if (verdict === null || before.endsWith(']')) return false
  return PARENTHESISED.test(plain) && !/^(?:todo|tbd) (?:list|comment|item|marker)/u.test(plain)
    ? plain.split(' ').length <= 8 &&
        !/^to be (?!added|announced|completed|confirmed|decided|defined|determined|drafted|filled|inserted|provided|supplied|updated|written)/u.test(
          plain,
        )
    : WAITING.test(plain)
}

/** Mail merge: «First_Name»; a quotation of one word is none. */
function countsInGuillemets(verdict: Verdict, { inner }: Around): boolean {
  return verdict !== null && /_|\p{Ll}\p{Lu}/u.test(inner)
}

/** What follows an opening delimiter and a word of work, when nothing closes it or more is nested. */
function opensStub(text: string, match: RegExpExecArray): boolean {
  const end = match.index + match[0].length
  const rest = text.slice(end, end + 160)
  const closes = /^[^[\]{}<>\n]*[\]}>]/u.test(rest)
  if (closes) return false
  const word = plainWords(match[0])
  if (/^(?:insert|your|xxx+)$/u.test(word))
    return /^ \p{L}|^[ :_-]*[[{<]/u.test(rest) && match[0].startsWith('[')
  return true
}
