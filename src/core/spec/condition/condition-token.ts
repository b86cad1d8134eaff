import type { TextError } from '../path/json-path.ts'

/** One word of a condition's text, with the position of its first character. */
export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly text: string; readonly at: number }
  | { readonly kind: 'word' | 'symbol' | 'end'; readonly text: string; readonly at: number }

/** What tokenize answers; the last token is always of kind `end`. */
export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly error: TextError }

const SPACE = /\s+/y
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// A hyphen belongs to a name only before a letter, so that `a-b` is a name and `a-1` a difference.
const WORD =
  /@?[\p{L}_$][\p{L}\p{N}_$]*(?:-\p{L}[\p{L}\p{N}_$]*)*(?:\.[\p{L}\p{N}_$]+(?:-\p{L}[\p{L}\p{N}_$]*)*)*/uy
const SYMBOL = /===|!==|==|!=|<=|>=|<>|&&|\|\||[<>!=+\-*/%()[\],?:&|]/y

const NO_TERNARY = 'there is no ?: here: write if (condition) a else b'

const MISTAKES: ReadonlyMap<string, string> = new Map([
  ['=', "'=' is not an operator: write == to compare"],
  ['===', "'===' is not an operator: write =="],
  ['!==', "'!==' is not an operator: write !="],
  ['<>', "'<>' is not an operator: write !="],
  ['&', "'&' is not an operator: write and"],
  ['|', "'|' is not an operator: write or"],
  ['?', NO_TERNARY],
  [':', NO_TERNARY],
])

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['/', '/'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
])

/** Splits a condition's text into tokens; the error names the first character that fits nothing. */
export function tokenize(text: string): Tokens {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const space = matchAt(SPACE, text, at)
    if (space !== undefined) {
      at += space.length
      continue
    }
    const read = readToken(text, at)
    if ('message' in read) return { ok: false, error: read }
    tokens.push(read)
    at += read.text.length
  }
  return { ok: true, tokens: [...tokens, { kind: 'end', text: '', at }] }
}

function readToken(text: string, at: number): Token | TextError {
  const first = text[at]
  if (first === "'" || first === '"') return readString(text, at, first)
  const number = matchAt(NUMBER, text, at)
  if (number !== undefined) {
    const value = Number(number)
    if (!Number.isFinite(value)) return { message: `the number ${number} is too large`, at }
    return { kind: 'number', value, text: number, at }
  }
  const word = matchAt(WORD, text, at)
  if (word !== undefined) return { kind: 'word', text: word, at }
  const symbol = matchAt(SYMBOL, text, at)
  if (symbol !== undefined) {
    const mistake = MISTAKES.get(symbol)
    return mistake === undefined ? { kind: 'symbol', text: symbol, at } : { message: mistake, at }
  }
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  const quotes = '‘’“”`'.includes(character) ? ': write strings as \'text\' or "text"' : ''
  return { message: `unexpected character ${character}${quotes}`, at }
}

function readString(text: string, start: number, quote: string): Token | TextError {
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === quote) {
      if (text[at + 1] !== quote) {
        return { kind: 'string', value, text: text.slice(start, at + 1), at: start }
      }
      at++
    }
    if (character !== '\\') {
      value += character
      continue
    }
    const escaped = readEscape(text, at + 1)
    if (escaped === undefined) {
      return { message: `unknown escape \\${text[at + 1] ?? ''}: write \\\\ for a backslash`, at }
    }
    value += escaped.value
    at += escaped.length
  }
  return { message: `the string that starts here has no closing ${quote}`, at: start }
}

function readEscape(text: string, at: number): { value: string; length: number } | undefined {
  const code = /^u([0-9a-fA-F]{4})/.exec(text.slice(at, at + 5))?.[1]
  if (code !== undefined)
    return { value: String.fromCharCode(Number.parseInt(code, 16)), length: 5 }
  const value = ESCAPES.get(text[at] ?? '')
  return value === undefined ? undefined : { value, length: 1 }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
