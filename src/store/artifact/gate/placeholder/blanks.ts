import { APART, OBJECT } from '../reading/code.ts'
import { partsOf, saysSomething } from '../reading/outline.ts'
import { BARE_HEADINGS, BLANK_LINES, BLANK_VALUES, SIGNED } from './placeholder-list.ts'
import { plainWords } from './plain-words.ts'
import { shortly, unfilled, type Stub } from './stub.ts'

/*
 * Stubs by their place: a line, cell or value that only says that something is missing, lines to write
 * on, dots for text that was left out, headings and labels under which nothing stands.
 */

const values: ReadonlySet<string> = new Set(BLANK_VALUES)
const lines: ReadonlySet<string> = new Set([...BLANK_VALUES, ...BLANK_LINES])
const bare: ReadonlySet<string> = new Set(BARE_HEADINGS)

const LEAD =
  /^[ \t]*(?:(>)[ \t]?)?[ \t]*(?:(#{1,6})[ \t]+|([-*+•·‣◦][ \t]+(?:\[[ x]\][ \t]*)?|\d{1,4}[.)][ \t]+))?/iu
const LABELLED = /^([^:：]{1,60})[:：][ \t]*([^\n]+)$/u
const DOTS = /^(?:\.{3,}|\. \. \.|\?{2,}|\[\s*(?:\.{3,}|\?{2,})\s*\]|\(\s*(?:\.{3,}|\?{2,})\s*\))$/u
const LEADER = /[\p{L}\p{N}:：)][ \t]*\.{10,}[ \t]*$/u
const STATUS = /^\W*(?:status|state|stato|estado|stand|statut|column|phase)\W*$/iu
const STATE = /^(?:to ?do|wip|in progress|coming soon|to come)$/u
/** A cell that only a table of tasks has. */
const BOARD =
  /\|[ \t]*(?:done|doing|in progress|blocked|status|state|stato|estado|stand|statut|progress)[ \t]*(?:\||$)/imu
const COMMENTS = /\uE010[^\uE010\uE011]*\uE011/gu

/** Lines and values that say that something is missing; linear. */
export function* blankLines(text: string): Iterable<Stub> {
  let previous = ''
  const isBoard = BOARD.test(text)
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const line = text.slice(at, Math.min(end, at + 2000))
    if (end - at > 1 && line !== APART) {
      const message = blankIn(line.includes('\uE010') ? line.replaceAll(COMMENTS, '') : line, {
        isBoard,
      })
      const start = at + (line.length - line.trimStart().length)
      if (
        message !== null &&
        !(isBetween(previous, text.slice(end + 1, end + 40)) && DOTS.test(line.trim()))
      )
        yield { start, end: at + line.trimEnd().length, message }
    }
    previous = line
    at = end + 1
  }
}

/** Dots between two lines of one paragraph leave out a part of a row or of a program, not of a document. */
function isBetween(before: string, after: string): boolean {
  return /^[ \t]*[^\s#\uE01E]/u.test(before) && /^[ \t]*[^\s#\uE01E]/u.test(after)
}

function blankIn(line: string, { isBoard }: { readonly isBoard: boolean }): string | null {
  if (LEADER.test(line)) return unfilled(line)
  const [lead = '', quote, heading, item] = LEAD.exec(line) ?? []
  const rest = line.slice(lead.length).trim()
  if (rest === '' || heading !== undefined) return null
  const isTable = rest.startsWith('|') || rest.endsWith('|')
  if (!isTable && rest.length > 200) return null
  const cells = isTable ? rest.split('|') : [rest]
  const missing = cells.find(
    (cell) =>
      isBlank(cell.trim(), item !== undefined || isTable) &&
      !(isBoard && isTable && STATE.test(plainWords(cell))),
  )
  if (missing !== undefined) return unfilled(missing)
  const said = LABELLED.exec(rest)?.[2]?.trim() ?? (isTable || quote !== undefined ? '' : rest)
  return DOTS.test(said)
    ? `${shortly(line)} leaves text out; write it in full, or leave the line out`
    : null
}

function isBlank(cell: string, listed: boolean): boolean {
  if (cell.length > 160 || cell === '' || cell.includes(OBJECT)) return false
  // A question asks for what a form would leave open.
  const known = listed || cell.endsWith('?') ? values : lines
  const plain = plainWords(cell)
  if (known.has(plain)) return !isQuoted(cell) && !/^[#@]\p{L}/u.test(cell)
  if (isPromise(plain) && !cell.endsWith(':')) return true
  const [, label = '', value = ''] = LABELLED.exec(cell) ?? []
  const given = value.endsWith('?') ? values : lines
  if (value === '' || !(given.has(plainWords(value)) || isPromise(plainWords(value)))) return false
  return !(STATUS.test(label) && STATE.test(plainWords(value)))
}

const PROMISES: readonly RegExp[] = [
  /^(?:\S+ ){0,4}to be (?:added|announced|completed|confirmed|decided|defined|determined|drafted|filled|filled in|inserted|provided|supplied|written)(?: (?:later|here|soon|shortly))?$/u,
  /^(?:more |further |additional )?(?:content|details?|information|info|text|data|description|figures?|numbers?|images?)(?: is| are)?(?: still)? (?:pending|will be (?:added|provided|inserted|supplied)|to follow|missing|needed)(?: (?:later|soon|here|shortly))?$/u,
  /^(?:insert|add|enter|put|type|write|paste) (?:your |some |the |a )?(?:text|content|name|date|description|image|photo|logo|link|title|details|information|company|address|summary|bio|email) here$/u,
  /^(?:the )?(?:rest|remainder) of (?:the )?(?:document|letter|code|text|content|report|article|file|section)(?: (?:remains|stays|goes|is|unchanged|here|omitted|follows)\b.*)?$/u,
]
const NO_PROMISE =
  /\b(?:remains?|needs?|has|have|had|yet|ought|nothing|much|going|things|items|list|how|what|not|means?|stands|said|says|reads|called)\b/u

/** A whole line that promises what should be there. */
function isPromise(plain: string): boolean {
  if (
    plain.length > 90 ||
    !/\b(?:be|here|rest|remainder|follow|pending|missing|needed)\b/u.test(plain)
  )
    return false
  return PROMISES.some((pattern) => pattern.test(plain)) && !NO_PROMISE.test(plain)
}

/** A title in quotation marks is somebody's words. */
function isQuoted(cell: string): boolean {
  return /^["“‘„«»「].*["”’“»«」][.,]?$/u.test(cell) && !/^\W*(?:todo|tbd|tbc|xxx)/iu.test(cell)
}

/** A party signs under the name that the agreement gives it: ("Landlord"). */
const NAMED = /["“„«](\p{Lu}[\p{L} ]{1,30})["”“»]/gu
const PARTY = /(?:^|\n|[ \t]{2})(\p{Lu}[\p{L} ]{1,30})[:：][ \t]*_{3}/gu

/** Gaps are what an exercise consists of. */
const EXERCISE =
  /^\W{0,8}(?:exercises?[ \t]*(?:\d|:|$)|quiz\b|worksheet\b|übung(?:en)?\b|lückentext\b|ejercicios?\b|exercices?\b)/imu

/** Lines to write on, where nobody signs; linear. */
export function* writingLines(text: string): Iterable<Stub> {
  const opening = text.slice(0, 20_000)
  if (EXERCISE.test(opening)) return
  const parties = new Set(Array.from(opening.matchAll(NAMED), ([, name = '']) => name))
  for (const match of text.matchAll(/_{3,}/gu)) {
    const start = match.index
    const end = start + match[0].length
    const before = text[start - 1] ?? '\n'
    const after = text[end] ?? '\n'
    const touches = [before, after].filter((next) => /[\p{L}\p{N}*]/u.test(next)).length
    if (touches === 2 || (touches === 1 && match[0].length === 3)) continue
    const from = text.lastIndexOf('\n', start - 1) + 1
    const to = text.indexOf('\n', end)
    const line = text.slice(
      Math.max(from, start - 400),
      Math.min(to < 0 ? text.length : to, end + 400),
    )
    if (/^[\s_>]*$/u.test(line) || isSigned(text, { start, end, parties })) continue
    yield { start, end, message: unfilled(line.trim()) }
  }
}

function isSigned(
  text: string,
  of: { readonly start: number; readonly end: number; readonly parties: ReadonlySet<string> },
): boolean {
  const { start, end, parties } = of
  const before = text
    .slice(Math.max(0, start - 300), start)
    .split('\n')
    .slice(-7)
  const after = text
    .slice(end, end + 300)
    .split('\n')
    .slice(0, 7)
  const around = `${before.join('\n')}${text.slice(start, end)}${after.join('\n')}`
  if (SIGNED.test(around)) return true
  return Array.from(around.matchAll(PARTY)).some(([, name = '']) => parties.has(name))
}

/** Headings under which nothing stands, before the next of the same or a higher level. */
export function* emptySections(text: string): Iterable<Stub> {
  for (const [from, piece] of piecesOf(text)) {
    const parts = partsOf(piece, { labels: false })
    // In JSON a text that is one heading is a title.
    if (from > 0 && !piece.trim().includes('\n')) continue
    for (const [index, { level, title, start, body }] of parts.entries()) {
      const next = parts[index + 1]
      const named = title.trim() !== '' || madeOfTag(piece, start) || isRuled(piece, start)
      if (named && next !== undefined && next.level > level) continue
      if (named && (saysSomething(body) || saysItself(title) || bare.has(plainWords(title)))) {
        continue
      }
      const message = !named
        ? 'a heading without words; name the section, or leave the line out'
        : `nothing stands under the heading ${shortly(title)}; write the section, or leave it out`
      yield { start: from + start, end: from + start + 1, message }
    }
  }
}

/** A heading that is its own content: a link, a signature in code, a value after a colon. */
function saysItself(title: string): boolean {
  if (title.includes(OBJECT) || /\]\(\S/u.test(title) || title.split(' ').length >= 8) return true
  const outline =
    /^(?:section|chapter|part|step|phase|day|week|appendix|teil|kapitel|abschnitt|\W*\d)/iu
  return /[:：]\s*\S/u.test(title) && !outline.test(title)
}

/** A comment's empty line, between others: no heading of a document. */
function isRuled(text: string, start: number): boolean {
  return /(?:^|\n)#[^\n]*\n$/u.test(text.slice(Math.max(0, start - 400), start))
}

/** A heading in HTML may begin its words on the next line. */
function madeOfTag(text: string, start: number): boolean {
  return /^[ \t>]*#{1,6} ?\uE012/u.test(text.slice(start, start + 40))
}

const ONLY_BOLD = /^[ \t]*\*\*[^*\n]{1,80}[^*:：\n]\*\*[ \t]*$/u
const ONLY_LABEL =
  /^[ \t]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?(?:\*\*|__)?[\p{L}\p{N}][^:：.!?|\n]{0,58}(?:[:：](?:\*\*|__)?|(?:\*\*|__)[:：])[ \t]*$/u

interface Label {
  readonly start: number
  readonly line: string
}

/** Labels (and lines in bold, apart) after which nothing stands: at the end, or three in a row. */
export function* emptyLabels(text: string): Iterable<Stub> {
  let run: Label[] = []
  let isAfterBlank = true
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const line = end - at > 2000 ? 'long' : text.slice(at, end)
    const isBlank = line.trim() === ''
    if (ONLY_LABEL.test(line) || (isAfterBlank && ONLY_BOLD.test(line))) {
      run.push({ start: at, line: line.trim() })
    } else if (!isBlank) {
      yield* emptyOf(run, 2)
      run = []
    }
    isAfterBlank = isBlank
    at = end + 1
  }
  yield* emptyOf(run, 0)
}

/** The labels of a run but the last ones, which may head what follows. */
function* emptyOf(run: readonly Label[], heading: number): Iterable<Stub> {
  const empty = run.slice(0, Math.max(0, run.length - heading))
  if (run.some(({ line }) => SIGNED.test(line))) return
  // Two lines in bold may be a title and a name; more, apart, are an outline.
  if (empty.length < 3 && run.some(({ line }) => ONLY_BOLD.test(line))) return
  for (const { start, line } of empty) {
    const message = `nothing stands after ${shortly(line)}; fill it in, or leave it out`
    yield { start, end: start + line.length, message }
  }
}

function* piecesOf(text: string): Iterable<readonly [number, string]> {
  if (!text.includes(APART)) {
    yield [0, text]
    return
  }
  for (let at = 0; at <= text.length;) {
    const found = text.indexOf(APART, at)
    const end = found < 0 ? text.length : found
    yield [at + 1, text.slice(at, end)]
    at = end + 1
  }
}
