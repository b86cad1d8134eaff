import { boundInFilter, unknownFunction } from './condition-advice.ts'
import type { BinaryOperator, Binder, Expression } from './condition-expression.ts'
import { FUNCTIONS } from './condition-library.ts'
import {
  expect,
  fail,
  IF_FORM,
  isSymbol,
  isWord,
  nested,
  NOTHING,
  peek,
  type Reader,
} from './condition-cursor.ts'
import { tokenize, type Token } from './condition-token.ts'
import { compilePath, type TextError } from '../path/json-path.ts'

/** What parseExpression answers. */
export type ParsedExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly error: TextError }

/** How the text reads data: by `get('$.path')` (conditions) or by bare names (templates). */
export interface ParseOptions {
  readonly data: 'get' | 'names'
  /** A path that may be read here, for messages. */
  readonly example?: string
}

const MAX_CHARACTERS = 10_000
const MAX_OPERATORS = 500
const WORDS: readonly string[] = ['and', 'or', 'not', 'in', 'if', 'else', 'true', 'false', 'null']

const BINDERS: readonly Binder[] = ['every', 'some', 'where', 'map']

const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['or'],
  ['and'],
  ['==', '!='],
  ['<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
]
const EQUALITY = 2
const RELATION = 3

/**
 * Parses a condition (DESIGN.md §3): at most 10,000 characters, 500 operators and 100 levels.
 * An error says what would be legal. With `data: 'names'` a value that stands where a boolean is
 * wanted is taken by its truthiness, as template authors expect.
 */
export function parseExpression(text: string, options: ParseOptions): ParsedExpression {
  if (text.length > MAX_CHARACTERS) {
    const message = `a condition has at most ${MAX_CHARACTERS} characters`
    return { ok: false, error: { message, at: MAX_CHARACTERS } }
  }
  const read = tokenize(text)
  if (!read.ok) return read
  const reader: Reader = {
    tokens: read.tokens,
    data: options.data,
    example: options.example ?? '$.output.intent',
    position: 0,
    depth: 0,
    operators: 0,
    error: null,
    bound: [],
  }
  if (peek(reader).kind === 'end') fail(reader, 'the condition is empty', 0)
  const expression = asTest(reader, parseAll(reader))
  if (peek(reader).kind !== 'end') failAfterEnd(reader)
  return reader.error === null ? { ok: true, expression } : { ok: false, error: reader.error }
}

function failAfterEnd(reader: Reader): void {
  const token = peek(reader)
  const why = new Map([
    [')', "this ')' closes nothing"],
    [']', "this ']' closes nothing"],
    ['not', 'write not (value in list)'],
    ['then', `there is no then: ${IF_FORM}`],
    ['else', `this else belongs to no if: ${IF_FORM}`],
  ]).get(token.text)
  const message = why ?? `unexpected ${token.text} after a whole condition: join with and, or`
  fail(reader, message, token.at)
}

function parseAll(reader: Reader): Expression {
  return nested(reader, () => parseBinary(reader, 0))
}

function parseBinary(reader: Reader, level: number): Expression {
  const operators = LEVELS[level]
  if (operators === undefined) return parseUnary(reader)
  const operand = (): Expression =>
    level + 1 === EQUALITY ? parseNot(reader) : parseBinary(reader, level + 1)
  let left = operand()
  for (let count = 0; ; count++) {
    const token = peek(reader)
    const operator = operators.find((one) => one === operatorOf(token))
    if (operator === undefined) return left
    if (level === RELATION && count > 0) {
      return fail(reader, 'comparisons do not chain: write a < b and b < c', token.at)
    }
    if (++reader.operators > MAX_OPERATORS) {
      return fail(reader, `a condition has at most ${MAX_OPERATORS} operators`, token.at)
    }
    reader.position++
    const right = operand()
    const logical = level < EQUALITY
    left = {
      kind: 'binary',
      operator,
      left: logical ? asTest(reader, left) : left,
      right: logical ? asTest(reader, right) : right,
      at: token.at,
    }
  }
}

function operatorOf(token: Token): string | undefined {
  if (token.kind !== 'word' && token.kind !== 'symbol') return undefined
  if (token.text === '&&') return 'and'
  return token.text === '||' ? 'or' : token.text
}

function parseNot(reader: Reader): Expression {
  const token = peek(reader)
  if (!isWord(token, 'not')) return parseBinary(reader, EQUALITY)
  reader.position++
  const operand = nested(reader, () => parseNot(reader))
  return { kind: 'not', operand: asTest(reader, operand), at: token.at }
}

function parseUnary(reader: Reader): Expression {
  const token = peek(reader)
  if (isSymbol(token, '!')) {
    reader.position++
    const operand = nested(reader, () => parseUnary(reader))
    return { kind: 'not', operand: asTest(reader, operand), at: token.at }
  }
  if (!isSymbol(token, '-')) return parsePrimary(reader)
  reader.position++
  const operand = nested(reader, () => parseUnary(reader))
  if (operand.kind === 'literal' && typeof operand.value === 'number') {
    return { ...operand, value: -operand.value, at: token.at }
  }
  return { kind: 'negate', operand, at: token.at }
}

function parsePrimary(reader: Reader): Expression {
  const token = peek(reader)
  reader.position = Math.min(reader.position + 1, reader.tokens.length - 1)
  const { at } = token
  if (token.kind === 'number' || token.kind === 'string') {
    return { kind: 'literal', value: token.value, at }
  }
  if (token.kind === 'word') return parseWord(reader, token)
  if (isSymbol(token, '(')) {
    const expression = parseAll(reader)
    expect(reader, ')', `to close the '(' at character ${at + 1}`)
    return expression
  }
  if (isSymbol(token, '[')) {
    return { kind: 'list', items: parseItems(reader, ']', at), at }
  }
  const found = token.kind === 'end' ? 'the condition ends' : `found ${token.text}`
  return fail(reader, `a value is missing here: ${found}`, at)
}

function parseWord(reader: Reader, token: Token): Expression {
  const { text, at } = token
  const called = isSymbol(peek(reader), '(')
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', at }
  if (text === 'null') return { kind: 'literal', value: null, at }
  if (text === 'if') return parseIf(reader, at)
  if (text === 'not') return fail(reader, 'put this not in parentheses: (not …)', at)
  if (text === 'then') return fail(reader, `there is no then: ${IF_FORM}`, at)
  if (WORDS.includes(text)) return fail(reader, `a value is missing before ${text}`, at)
  if (text === 'get' && reader.data === 'get') return parseGet(reader, at)
  const binder = BINDERS.find((one) => one === text)
  if (called && binder !== undefined && reader.data === 'get') {
    return parseBinder(reader, { binder, at })
  }
  if (called) return parseCall(reader, token)
  const isBound = reader.bound.includes(text.split('.', 1)[0] ?? '')
  if (reader.data === 'names' || isBound) return { kind: 'name', names: text.split('.'), at }
  const path = text.startsWith('$') ? text : `$.${text}`
  const near = WORDS.find((word) => word === text.toLowerCase())
  const advice =
    near === undefined ? `read data with get('${path}'), write text as '${text}'` : `write ${near}`
  return fail(reader, `unknown name ${text}: ${advice}`, at)
}

function parseIf(reader: Reader, at: number): Expression {
  if (!expect(reader, '(', `after if: ${IF_FORM}`)) return NOTHING
  const test = asTest(reader, parseAll(reader))
  if (!expect(reader, ')', `after the condition: ${IF_FORM}`)) return NOTHING
  const consequent = parseAll(reader)
  const word = peek(reader)
  if (!isWord(word, 'else')) {
    const what = isWord(word, 'then') ? 'there is no then' : 'this if has no else'
    return fail(reader, `${what}: ${IF_FORM}`, word.at)
  }
  reader.position++
  return { kind: 'if', test, consequent, alternative: parseAll(reader), at }
}

function parseGet(reader: Reader, at: number): Expression {
  const form = `get takes a literal path, as in get('${reader.example}')`
  if (!expect(reader, '(', `after get: ${form}`)) return NOTHING
  const token = peek(reader)
  if (token.kind !== 'string') return fail(reader, form, token.at)
  reader.position++
  const compiled = compilePath(token.value, { example: reader.example })
  if (!compiled.ok) {
    const { message, at: offset } = compiled.error
    const advice = boundInFilter(token.value, reader.bound) ?? message
    return fail(reader, advice, token.at + 1 + offset)
  }
  if (!isSymbol(peek(reader), ',') && !isSymbol(peek(reader), ')')) {
    return fail(reader, form, peek(reader).at)
  }
  let fallback: Expression | null = null
  if (isSymbol(peek(reader), ',')) {
    reader.position++
    fallback = parseAll(reader)
  }
  expect(reader, ')', "after get's path and default: get(path, default)")
  return { kind: 'get', path: compiled.path, fallback, at }
}

/** `every(name in list, body)`; the name is read in the body only. */
function parseBinder(
  reader: Reader,
  { binder, at }: { readonly binder: Binder; readonly at: number },
): Expression {
  const form = `write ${binder}(item in list, ${binder === 'map' ? 'value' : 'condition'})`
  reader.position++
  const token = peek(reader)
  const name = token.text
  if (token.kind !== 'word' || !/^[A-Za-z_]\w*$/.test(name) || WORDS.includes(name)) {
    return fail(reader, `${binder} names its items first: ${form}`, token.at)
  }
  if (reader.bound.includes(name)) {
    return fail(reader, `${name} is bound already: take another name`, token.at)
  }
  reader.position++
  if (!isWord(peek(reader), 'in')) return fail(reader, form, peek(reader).at)
  reader.position++
  const list = parseAll(reader)
  if (!expect(reader, ',', `after the list: ${form}`)) return NOTHING
  reader.bound.push(name)
  const body = parseAll(reader)
  reader.bound.pop()
  expect(reader, ')', `after the body: ${form}`)
  return { kind: 'binder', binder, name, list, body, at }
}

function parseCall(reader: Reader, { text: name, at }: Token): Expression {
  const definition = FUNCTIONS.get(name)
  if (definition === undefined) {
    if (name === 'get') return fail(reader, 'a template reads data by name: write order.id', at)
    const legal =
      reader.data === 'get' ? ['get', ...BINDERS, ...FUNCTIONS.keys()] : FUNCTIONS.keys()
    return fail(reader, unknownFunction(name, legal), at)
  }
  const open = peek(reader).at
  reader.position++
  const args = parseItems(reader, ')', open)
  if (args.length < definition.least || args.length > definition.most) {
    const given = args.length === 1 ? '1 argument' : `${args.length} arguments`
    return fail(reader, `${name} does not take ${given}: write ${definition.usage}`, at)
  }
  return { kind: 'call', name, args, at }
}

function parseItems(reader: Reader, close: ')' | ']', open: number): readonly Expression[] {
  const items: Expression[] = []
  if (!isSymbol(peek(reader), close)) {
    items.push(parseAll(reader))
    while (isSymbol(peek(reader), ',')) {
      reader.position++
      items.push(parseAll(reader))
    }
  }
  expect(reader, close, `or a comma, for what opens at character ${open + 1}`)
  return items
}

/** In a template, a lone value stands for its truthiness where a boolean is wanted. */
function asTest(reader: Reader, expression: Expression): Expression {
  if (reader.data === 'get' || expression.kind === 'not') return expression
  if (expression.kind === 'binary' && !'+-*/%'.includes(expression.operator)) return expression
  return { kind: 'truthy', operand: expression, at: expression.at }
}
