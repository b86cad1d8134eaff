/*
 * Apache Velocity as Vectara's instructions are written in it (S3.3), as far as a template here can
 * say the same: text, references, #if, and #foreach. What else the language has is an error.
 */

/** A reference: `$agent.metadata.tier`, or `$!{session.name}`, which is nothing where it is missing. */
export interface Reference {
  readonly names: readonly string[]
  readonly quiet: boolean
  readonly at: number
}

export type VelocityPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | {
      readonly kind: 'if'
      readonly branches: readonly VelocityBranch[]
      readonly otherwise: readonly VelocityPart[] | null
    }
  | {
      readonly kind: 'foreach'
      readonly variable: string
      readonly list: Reference
      readonly body: readonly VelocityPart[]
      readonly at: number
    }

/** `#if` or `#elseif`: the text of its condition, and what it guards. */
export interface VelocityBranch {
  readonly test: string
  readonly at: number
  readonly body: readonly VelocityPart[]
}

/** Something wrong at a character (from 0). */
export interface VelocityError {
  readonly message: string
  readonly at: number
}

/** What parseVelocity answers; comments are left out of the parts and named, for nobody sees them. */
export type ParsedVelocity =
  | {
      readonly ok: true
      readonly parts: readonly VelocityPart[]
      readonly comments: readonly { readonly text: string; readonly at: number }[]
    }
  | { readonly ok: false; readonly error: VelocityError }

const MAX_DEPTH = 40
const LEGAL = '#if, #elseif, #else, #end and #foreach are known; \\# is a literal #'
const DIRECTIVE =
  /#(?:\{(else|end)\}|(if|elseif|else|end|foreach|set|include|parse|macro|define|evaluate|stop|break)(?!\w))/y
const MACRO = /#@?\w+[ \t]*\(/y
const REFERENCE = /\$(!?)(\{?)([A-Za-z_]\w*)/y
const MEMBER = /\.([A-Za-z_]\w*)(\()?|\[(\d+)\]|\[(?:"([^"\]]*)"|'([^'\]]*)')\]/y
const ENDS: readonly string[] = ['elseif', 'else', 'end']

interface Reader {
  readonly text: string
  readonly comments: { text: string; at: number }[]
  at: number
  depth: number
  /** The directive that ended the parts, which their block takes. */
  ended: string | null
  error: VelocityError | null
}

/** Parses a template; total, and the first thing wrong is the one error. */
export function parseVelocity(text: string): ParsedVelocity {
  const reader: Reader = { text, comments: [], at: 0, depth: 0, ended: null, error: null }
  const parts = readParts(reader)
  if (reader.ended !== null) fail(reader, `#${reader.ended} belongs to no #if or #foreach`)
  const { error, comments } = reader
  return error === null ? { ok: true, parts, comments } : { ok: false, error }
}

/** Finds a reference that begins at a `$`; null where there is none, or an error. */
export function readReference(
  text: string,
  at: number,
): { readonly reference: Reference; readonly end: number } | VelocityError | null {
  const open = matchAt(REFERENCE, text, at)
  if (open === null) return null
  const names = [open[3] ?? '']
  let end = at + open[0].length
  for (;;) {
    const member = matchAt(MEMBER, text, end)
    if (member === null) break
    const name = member[1] ?? member[3] ?? member[4] ?? member[5] ?? ''
    if (member[2] !== undefined) {
      return { message: `$${names.join('.')}.${name}(…) calls a method, which is not possible`, at }
    }
    names.push(name)
    end += member[0].length
  }
  if (open[2] === '{') {
    if (text[end] !== '}') return { message: `\${${names.join('.')} is not closed by }`, at }
    end++
  }
  return { reference: { names, quiet: open[1] === '!', at }, end }
}

/** Reads parts up to the directive that ends them. */
function readParts(reader: Reader): readonly VelocityPart[] {
  const parts: VelocityPart[] = []
  const { text } = reader
  reader.ended = null
  while (reader.error === null && reader.at < text.length) {
    const next = text.slice(reader.at).search(/[\\#$]/)
    const until = next === -1 ? text.length : reader.at + next
    if (until > reader.at) parts.push({ kind: 'text', text: text.slice(reader.at, until) })
    reader.at = until
    if (until === text.length) break
    const part = readSpecial(reader)
    if (part !== null) parts.push(part)
    if (reader.ended !== null) break
  }
  return parts
}

/** At a `\`, `#` or `$`: reads what it begins, if only itself. */
function readSpecial(reader: Reader): VelocityPart | null {
  const { text, at } = reader
  const [first = '', second = ''] = text.slice(at, at + 2)
  if (first === '\\') {
    const escapes = second === '$' || second === '#'
    reader.at += escapes ? 2 : 1
    return { kind: 'text', text: escapes ? second : first }
  }
  if (first === '$') {
    const found = readReference(text, at)
    if (found !== null && 'message' in found) return fail(reader, found.message)
    reader.at = found?.end ?? at + 1
    if (found === null) return { kind: 'text', text: first }
    return { kind: 'reference', reference: found.reference }
  }
  if (second === '#') return skipLine(reader)
  if (second === '*') return skipTo(reader, '*#')
  if (text.startsWith('#[[', at)) return readPlain(reader)
  const directive = matchAt(DIRECTIVE, text, at)
  if (directive !== null) return readDirective(reader, directive)
  const macro = matchAt(MACRO, text, at)
  if (macro !== null) return fail(reader, `the directive ${macro[0]}…) is unknown; ${LEGAL}`)
  reader.at++
  return { kind: 'text', text: first }
}

function readDirective(reader: Reader, found: RegExpExecArray): VelocityPart | null {
  const { at } = reader
  const name = found[1] ?? found[2] ?? ''
  reader.at += found[0].length
  if (ENDS.includes(name)) {
    reader.ended = name
    return null
  }
  if (name !== 'if' && name !== 'foreach') {
    return fail(reader, `#${name} has no counterpart here; ${LEGAL}`, at)
  }
  if (reader.depth >= MAX_DEPTH) return fail(reader, `blocks nest at most ${MAX_DEPTH} deep`, at)
  reader.depth++
  const part = name === 'if' ? readIf(reader, at) : readForeach(reader, at)
  reader.depth--
  return part
}

function readIf(reader: Reader, at: number): VelocityPart | null {
  const branches: VelocityBranch[] = []
  for (;;) {
    const start = reader.at
    const test = readParentheses(reader, '#if')
    if (test === null) return null
    branches.push({ test, at: start, body: readParts(reader) })
    if (reader.ended !== 'elseif') break
  }
  const otherwise = reader.ended === 'else' ? readParts(reader) : null
  if (reader.ended !== 'end') return fail(reader, '#if is not closed by #end', at)
  reader.ended = null
  return { kind: 'if', branches, otherwise }
}

function readForeach(reader: Reader, at: number): VelocityPart | null {
  const head = readParentheses(reader, '#foreach')
  if (head === null) return null
  const [, variable = '', rest = ''] = /^\s*\$\{?(\w+)\}?\s+in\s+(\$\S+)\s*$/.exec(head) ?? []
  const list = readReference(rest, 0)
  if (list === null || 'message' in list || list.end !== rest.length) {
    return fail(reader, '#foreach is written as #foreach($item in $session.metadata.items)', at)
  }
  const body = readParts(reader)
  if (reader.ended !== 'end') return fail(reader, '#foreach is not closed by #end', at)
  reader.ended = null
  const alone = matchAt(/[ \t]*\r?\n/y, reader.text, reader.at)
  const written = list.reference.names.join('.') === 'tools'
  if (written && alone !== null && endsLine(body)) reader.at += alone[0].length
  return { kind: 'foreach', variable, list: { ...list.reference, at }, body, at }
}

/** True when what follows the parts begins a line: a directive that stands alone takes it along. */
function endsLine(parts: readonly VelocityPart[]): boolean {
  const last = parts.at(-1)
  return last?.kind === 'text' && /\n[ \t]*$/.test(last.text)
}

/** The text between the parentheses that follow, quoted ones not counted. */
function readParentheses(reader: Reader, directive: string): string | null {
  const { text } = reader
  const open = matchAt(/[ \t]*\(/y, text, reader.at)
  if (open === null) return fail(reader, `${directive} needs a condition in parentheses`)
  const start = reader.at + open[0].length
  let depth = 1
  let quote = ''
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === "'" || character === '"') quote = character
    else if (character === '(') depth++
    else if (character === ')' && --depth === 0) {
      reader.at = at + 1
      return text.slice(start, at)
    }
  }
  return fail(reader, `${directive} has no closing parenthesis`)
}

/** `## …`: gone up to the end of the line, with the line where it stands alone on it. */
function skipLine(reader: Reader): null {
  const { text, at } = reader
  const newline = text.indexOf('\n', at)
  const end = newline === -1 ? text.length : newline
  reader.comments.push({ text: text.slice(at, end).trimEnd(), at })
  const alone = at === 0 || text[at - 1] === '\n'
  reader.at = alone && newline !== -1 ? end + 1 : end
  return null
}

function skipTo(reader: Reader, close: string): null {
  const end = reader.text.indexOf(close, reader.at + 2)
  if (end === -1) return fail(reader, `this comment is not closed by ${close}`)
  const text = reader.text.slice(reader.at, end + close.length)
  reader.comments.push({ text: text.replaceAll(/\s+/g, ' '), at: reader.at })
  reader.at = end + close.length
  return null
}

/** `#[[ … ]]#`: text in which nothing means anything. */
function readPlain(reader: Reader): VelocityPart | null {
  const end = reader.text.indexOf(']]#', reader.at)
  if (end === -1) return fail(reader, '#[[ is not closed by ]]#')
  const text = reader.text.slice(reader.at + 3, end)
  reader.at = end + 3
  return { kind: 'text', text }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function fail(reader: Reader, message: string, at = reader.at): null {
  reader.error ??= { message, at }
  reader.at = reader.text.length
  return null
}
