import {
  partsOf,
  type BinaryExpression,
  type CallExpression,
  type Expression,
} from './condition-expression.ts'
import { jsonType } from './condition-function.ts'
import { FUNCTIONS } from './condition-library.ts'
import { legalNames } from '../issue.ts'
import { isJsonObject, jsonEquals, type Json, type JsonObject } from '../json.ts'
import type { JsonPath, TextError } from '../path/json-path.ts'
import { isJsonList } from '../path/json-path-select.ts'

/** Answers the JSON Schema of what a path selects, or undefined when nothing is known of it. */
export type SchemaAt = (path: JsonPath) => JsonObject | undefined

/** What an expression can give, null apart: any expression may give null. */
interface Shape {
  readonly types: ReadonlySet<string>
  /** All values that it can give, when they are known. */
  readonly values: readonly Json[] | null
}

/** Where a boolean is wanted, and what may be claimed there. */
type Position = 'required' | 'alternative' | 'negated'

const ANYTHING: Shape = shape('boolean', 'number', 'string', 'list', 'object')
const NEVER: Shape = { types: new Set(), values: [] }

/**
 * Finds the parts of a condition that can never be true, by JSON Schemas (type, enum, const,
 * anyOf, oneOf): a comparison of different types, a literal that is not in the enum, an ordering
 * of booleans, a result that is no boolean, a constant false. What no schema describes is assumed
 * to fit, so that every finding is certain; an empty list says nothing was found. Positions are
 * 0-based in the condition's text.
 */
export function checkConditionType(
  expression: Expression,
  schemaAt: SchemaAt,
): readonly TextError[] {
  const found: TextError[] = []
  checkHolds(expression, 'required', { schemaAt, found })
  return found
}

interface Check {
  readonly schemaAt: SchemaAt
  readonly found: TextError[]
}

function checkHolds(expression: Expression, position: Position, check: Check): void {
  if (expression.kind === 'not') {
    checkHolds(expression.operand, 'negated', check)
    return
  }
  if (expression.kind === 'if') {
    checkHolds(expression.consequent, position === 'required' ? 'alternative' : position, check)
    checkHolds(expression.alternative, position === 'required' ? 'alternative' : position, check)
    return
  }
  if (
    expression.kind === 'binary' &&
    (expression.operator === 'and' || expression.operator === 'or')
  ) {
    const inner = expression.operator === 'or' && position === 'required' ? 'alternative' : position
    checkHolds(expression.left, inner, check)
    checkHolds(expression.right, inner, check)
    return
  }
  const message = whyNever(expression, position, check.schemaAt)
  if (message !== null) {
    const sums = uncountable(expression, check.schemaAt)
    check.found.push(...(sums.length > 0 ? sums : [{ message, at: expression.at }]))
  }
  // With no item the body of `every` is never asked: what is claimed there is of the body alone.
  if (expression.kind === 'binder' && expression.binder !== 'map') {
    checkHolds(expression.body, 'alternative', check)
  }
}

/** Arithmetic, anywhere in an expression, on what is never a number: why it is never true. */
function uncountable(expression: Expression, schemaAt: SchemaAt): readonly TextError[] {
  if (expression.kind === 'binder') return uncountable(expression.list, schemaAt)
  const found = partsOf(expression).flatMap((part) => uncountable(part, schemaAt))
  if (found.length > 0 || expression.kind !== 'binary') return found
  const { operator, left, right, at } = expression
  if (!ARITHMETIC.has(operator)) return []
  const shapes = { left: infer(left, schemaAt), right: infer(right, schemaAt) }
  if (shapes.left.types.has('number') && shapes.right.types.has('number')) return []
  const names = [named(left, shapes.left), named(right, shapes.right)].join(' and ')
  return [{ message: `${operator} takes two numbers, not ${names}: this is never true`, at }]
}

const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%'])

/** Why an operand of `and`, `or`, `not` can never be true (or, negated, never false), or null. */
function whyNever(expression: Expression, position: Position, schemaAt: SchemaAt): string | null {
  if (expression.kind === 'literal' && position !== 'required') return null
  if (expression.kind === 'binary') {
    const why = whyComparisonNever(expression, position, schemaAt)
    if (why !== null) return why
  }
  const { types, values } = infer(expression, schemaAt)
  if (!types.has('boolean')) {
    const given = types.size === 0 ? 'always null' : `of type ${listed(types)}, never a boolean`
    return `${subject(expression)} is ${given}: compare it with something`
  }
  if (position === 'required' && values !== null && !values.includes(true)) {
    return `${subject(expression)} is always false, so the condition never holds`
  }
  return null
}

function whyComparisonNever(
  expression: BinaryExpression,
  position: Position,
  schemaAt: SchemaAt,
): string | null {
  const { operator } = expression
  if (isNull(expression.left) || isNull(expression.right)) return null
  const left = infer(expression.left, schemaAt)
  const right = infer(expression.right, schemaAt)
  const names = { left: named(expression.left, left), right: named(expression.right, right) }
  switch (operator) {
    case '==':
    case '!=':
      if (!share(left.types, right.types)) {
        return `${names.left} and ${names.right} can never be compared: this is never true`
      }
      if (operator === '!=' || position === 'negated' || couldEqual(left, right)) return null
      return whyNotListed(expression, left, right)
    case 'in': {
      if (!right.types.has('list')) return `${names.right} is no list: this is never true`
      const items = expression.right.kind === 'list' ? expression.right.items : null
      const shapes = items?.map((item) => infer(item, schemaAt)) ?? null
      if (shapes === null || position === 'negated') return null
      if (shapes.some((item) => couldEqual(left, item))) return null
      return `${subject(expression.left)} is none of the listed values: this is never true`
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const ordered = ['number', 'string'].some(
        (type) => left.types.has(type) && right.types.has(type),
      )
      if (ordered) return null
      return `${names.left} and ${names.right} have no order: ${operator} takes two numbers or two strings`
    }
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case 'and':
    case 'or':
      return null
  }
  return operator satisfies never
}

function whyNotListed(expression: BinaryExpression, left: Shape, right: Shape): string {
  const literal = [expression.left, expression.right].find((side) => side.kind === 'literal')
  const other = literal === expression.left ? right : left
  const read = literal === expression.left ? expression.right : expression.left
  if (literal?.kind !== 'literal' || other.values === null) return 'these are never equal'
  const value = typeof literal.value === 'string' ? literal.value : JSON.stringify(literal.value)
  const legal = other.values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  return `${subject(read)} is never ${JSON.stringify(literal.value)}: ${legalNames(value, legal)}`
}

function infer(expression: Expression, schemaAt: SchemaAt): Shape {
  switch (expression.kind) {
    case 'literal':
      return ofValues([expression.value])
    case 'list':
      return shape('list')
    case 'get': {
      const { path, fallback } = expression
      const read = path.singular ? ofSchema(schemaAt(path)) : shape('list')
      return fallback === null ? read : union(read, infer(fallback, schemaAt))
    }
    case 'not':
    case 'truthy':
      return shape('boolean')
    case 'negate':
      return infer(expression.operand, schemaAt).types.has('number') ? shape('number') : NEVER
    case 'if':
      return union(infer(expression.consequent, schemaAt), infer(expression.alternative, schemaAt))
    case 'call':
      return inferCall(expression, schemaAt)
    case 'binary':
      return inferBinary(expression, schemaAt)
    case 'binder': {
      if (!infer(expression.list, schemaAt).types.has('list')) return NEVER
      const tests = expression.binder === 'every' || expression.binder === 'some'
      return shape(tests ? 'boolean' : 'list')
    }
    case 'name':
      return ANYTHING
  }
  return expression satisfies never
}

function inferBinary(expression: BinaryExpression, schemaAt: SchemaAt): Shape {
  if (!ARITHMETIC.has(expression.operator)) return shape('boolean')
  const numbers = [expression.left, expression.right].every((side) =>
    infer(side, schemaAt).types.has('number'),
  )
  return numbers ? shape('number') : NEVER
}

function inferCall({ name, args }: CallExpression, schemaAt: SchemaAt): Shape {
  const definition = FUNCTIONS.get(name)
  const [first] = args
  if (definition === undefined || first === undefined) return ANYTHING
  const { takes, gives } = definition
  const { types } = infer(first, schemaAt)
  return takes.some((type) => types.has(type)) ? shape(...gives) : NEVER
}

function ofSchema(schema: Json | undefined): Shape {
  if (schema === false) return NEVER
  if (!isJsonObject(schema)) return ANYTHING
  if (schema['const'] !== undefined) return ofValues([schema['const']])
  if (isJsonList(schema['enum'])) return ofValues(schema['enum'])
  const { type } = schema
  if (typeof type === 'string') return ofTypes([type])
  if (isJsonList(type)) return ofTypes(type)
  const branches = schema['anyOf'] ?? schema['oneOf']
  if (isJsonList(branches) && branches.length > 0) return branches.map(ofSchema).reduce(union)
  return ANYTHING
}

const SCHEMA_TYPES: ReadonlyMap<Json, string> = new Map([
  ['boolean', 'boolean'],
  ['integer', 'number'],
  ['number', 'number'],
  ['string', 'string'],
  ['array', 'list'],
  ['object', 'object'],
])

function ofTypes(types: readonly Json[]): Shape {
  const known = types.map((type) => SCHEMA_TYPES.get(type) ?? (type === 'null' ? null : undefined))
  if (known.includes(undefined)) return ANYTHING
  return shape(...known.filter((type) => typeof type === 'string'))
}

function ofValues(all: readonly Json[]): Shape {
  const values = all.filter((value) => value !== null)
  return { types: new Set(values.map(jsonType)), values }
}

function shape(...types: readonly string[]): Shape {
  return { types: new Set(types), values: null }
}

function union(left: Shape, right: Shape): Shape {
  const known = left.values !== null && right.values !== null
  return {
    types: new Set([...left.types, ...right.types]),
    values: known ? [...(left.values ?? []), ...(right.values ?? [])] : null,
  }
}

function couldEqual(left: Shape, right: Shape): boolean {
  if (!share(left.types, right.types)) return false
  const others = right.values
  if (left.values === null || others === null) return true
  return left.values.some((one) => others.some((other) => jsonEquals(one, other)))
}

function share(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return [...left].some((type) => right.has(type))
}

function isNull(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.value === null
}

function named(expression: Expression, { types }: Shape): string {
  if (types.size === 0) return `${subject(expression)} (always null)`
  return `${subject(expression)} (${listed(types)})`
}

function subject(expression: Expression): string {
  if (expression.kind === 'get') return expression.path.text
  if (expression.kind === 'literal') return JSON.stringify(expression.value)
  if (expression.kind === 'call') return `${expression.name}(…)`
  if (expression.kind === 'binder') return `${expression.binder}(…)`
  if (expression.kind === 'name') return expression.names.join('.')
  return expression.kind === 'list' ? 'the list' : 'the expression'
}

function listed(types: ReadonlySet<string>): string {
  return types.size === ANYTHING.types.size ? 'anything' : [...types].join(' or ')
}
