import type { Expression } from './condition-expression.ts'
import type { Token } from './condition-token.ts'
import type { TextError } from '../path/json-path.ts'

/*
 * How the parser of conditions goes through its tokens.
 */

const MAX_DEPTH = 100
export const IF_FORM = 'write if (condition) a else b'

/** Where the parser is. After the first error it stands at the end, so that every loop stops. */
export interface Reader {
  readonly tokens: readonly Token[]
  readonly data: 'get' | 'names'
  /** A path that may be read here, for messages. */
  readonly example: string
  position: number
  depth: number
  operators: number
  error: TextError | null
  /** The names that binders around this place have bound. */
  readonly bound: string[]
}

/** Goes one level deeper, at most a hundred. */
export function nested(reader: Reader, parse: () => Expression): Expression {
  if (reader.depth >= MAX_DEPTH) {
    return fail(reader, `a condition nests at most ${MAX_DEPTH} levels`, peek(reader).at)
  }
  reader.depth++
  const expression = parse()
  reader.depth--
  return expression
}

/** Takes a symbol, or fails and says why it must be there. */
export function expect(reader: Reader, symbol: string, why: string): boolean {
  const token = peek(reader)
  if (isSymbol(token, symbol)) {
    reader.position++
    return true
  }
  const then = isWord(token, 'then') ? `there is no then: ${IF_FORM}` : undefined
  const found = token.kind === 'end' ? '' : `, not ${token.text}`
  fail(reader, then ?? `expected '${symbol}'${found} ${why}`, token.at)
  return false
}

/** What stands where an error was found. */
export const NOTHING: Expression = { kind: 'literal', value: null, at: 0 }

/** Keeps the first error and goes to the end. */
export function fail(reader: Reader, message: string, at: number): Expression {
  reader.error ??= { message, at }
  reader.position = reader.tokens.length - 1
  return NOTHING
}

/** The token at hand. */
export function peek(reader: Reader): Token {
  return reader.tokens[reader.position] ?? { kind: 'end', text: '', at: 0 }
}

/** True for that symbol. */
export function isSymbol(token: Token, text: string): boolean {
  return token.kind === 'symbol' && token.text === text
}

/** True for that word. */
export function isWord(token: Token, text: string): boolean {
  return token.kind === 'word' && token.text === text
}
