import { jsonpath, type JSONPathQuery } from 'json-p3'
import { jsonEquals, ownValue, type Json } from '../json.ts'

const { expressions, selectors } = jsonpath

type Names = readonly (string | number)[]
/** Reads one value of a filter; undefined is RFC 9535's Nothing. */
type Operand = (current: Json, root: Json) => Json | undefined
type Test = (current: Json, root: Json) => boolean
type Selector = (node: Json, root: Json, found: Json[]) => void
type Nodes = (start: Json, root: Json) => readonly Json[]

// The library exports its classes as values under namespaces, not as type names.
type Segment = JSONPathQuery['segments'][number]
type Part = Segment['selectors'][number]
/** A parsed filter expression, or a part of one. */
export type Filter = InstanceType<typeof jsonpath.expressions.FilterExpression>

/** True for a JSON list. */
export function isJsonList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/**
 * Follows names and indexes through own properties; undefined when something on the way is absent.
 * A negative index counts from the end. Never throws, whatever the value.
 */
export function walkNames(start: Json, names: Names): Json | undefined {
  let value: Json | undefined = start
  for (const name of names) {
    if (typeof value !== 'object' || value === null) return undefined
    if (isJsonList(value)) {
      if (typeof name !== 'number') return undefined
      value = value[name < 0 ? value.length + name : name]
    } else {
      value = typeof name === 'string' ? ownValue(value, name) : undefined
    }
  }
  return value
}

/** The names and indexes that a parsed query begins with: all of it when it is singular. */
export function leadingNames(query: JSONPathQuery): Names {
  const names: (string | number)[] = []
  for (const segment of query.segments) {
    const [part] = segment.selectors
    if (isDescendant(segment) || segment.selectors.length !== 1) break
    if (part instanceof selectors.NameSelector) names.push(part.name)
    else if (part instanceof selectors.IndexSelector) names.push(part.index)
    else break
  }
  return names
}

/** A query's segments up to the first `..`: a name or position each, null for any other selector. */
export function segmentNames(query: JSONPathQuery): readonly (string | number | null)[] {
  const names: (string | number | null)[] = []
  for (const segment of query.segments) {
    const [part] = segment.selectors
    if (isDescendant(segment)) break
    const only = segment.selectors.length === 1 ? part : undefined
    if (only instanceof selectors.NameSelector) names.push(only.name)
    else names.push(only instanceof selectors.IndexSelector ? only.index : null)
  }
  return names
}

/**
 * Compiles a parsed query to a function from a root to its selected values, in RFC 9535's order.
 *
 * Our own walk over json-p3's syntax tree: json-p3's evaluation throws on documents nested 50 deep
 * and on lists of some 100,000 items, and a rule must not depend on the size of what it reads.
 * Depth costs no stack here, but for the comparison of two deep values in a filter.
 */
export function compileQuery(query: Pick<JSONPathQuery, 'segments'>): Nodes {
  const segments = query.segments.map(compileSegment)
  return (start, root) => {
    let nodes: readonly Json[] = [start]
    for (const segment of segments) nodes = segment(nodes, root)
    return nodes
  }
}

/** True for RFC 9535's descendant segment: `..`. */
export function isDescendant(segment: Segment): boolean {
  return segment.toString().startsWith('..')
}

function compileSegment(segment: Segment): (nodes: readonly Json[], root: Json) => Json[] {
  const parts = segment.selectors.map(compileSelector)
  const descendant = isDescendant(segment)
  return (nodes, root) => {
    const found: Json[] = []
    for (const start of nodes) {
      if (!descendant) {
        for (const part of parts) part(start, root, found)
        continue
      }
      const pending = [start]
      for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
        for (const part of parts) part(node, root, found)
        const children = childrenOf(node)
        for (let index = children.length - 1; index >= 0; index--) {
          pending.push(children[index] ?? null)
        }
      }
    }
    return found
  }
}

function compileSelector(part: Part): Selector {
  if (part instanceof selectors.NameSelector || part instanceof selectors.IndexSelector) {
    const names = [part instanceof selectors.NameSelector ? part.name : part.index]
    return (node, _root, found) => {
      const value = walkNames(node, names)
      if (value !== undefined) found.push(value)
    }
  }
  if (part instanceof selectors.WildcardSelector) {
    return (node, _root, found) => {
      for (const child of childrenOf(node)) found.push(child)
    }
  }
  if (part instanceof selectors.SliceSelector) {
    const { start, stop, step = 1 } = part
    return (node, _root, found) => {
      if (isJsonList(node)) slice(node, { start, stop, step }, found)
    }
  }
  if (part instanceof selectors.FilterSelector) {
    const holds = compileTest(part.expression.expression)
    return (node, root, found) => {
      for (const child of childrenOf(node)) if (holds(child, root)) found.push(child)
    }
  }
  throw new TypeError(`the selector ${part.toString()} is not of RFC 9535`)
}

interface Slice {
  readonly start: number | undefined
  readonly stop: number | undefined
  readonly step: number
}

function slice(list: readonly Json[], { start, stop, step }: Slice, found: Json[]): void {
  if (step === 0) return
  const { length } = list
  const low = step > 0 ? 0 : -1
  const high = step > 0 ? length : length - 1
  const bound = (at: number | undefined, otherwise: number): number =>
    at === undefined ? otherwise : Math.min(Math.max(at < 0 ? at + length : at, low), high)
  const from = bound(start, step > 0 ? low : high)
  const to = bound(stop, step > 0 ? high : low)
  for (let at = from; step > 0 ? at < to : at > to; at += step) found.push(list[at] ?? null)
}

function compileTest(filter: Filter): Test {
  if (filter instanceof expressions.PrefixExpression) {
    const holds = compileTest(filter.right)
    return (current, root) => !holds(current, root)
  }
  if (filter instanceof expressions.FilterQuery) {
    const nodes = compileFilterQuery(filter)
    return (current, root) => nodes(current, root).length > 0
  }
  if (filter instanceof expressions.InfixExpression) {
    if (filter.logical) {
      const left = compileTest(filter.left)
      const right = compileTest(filter.right)
      return filter.operator === '&&'
        ? (current, root) => left(current, root) && right(current, root)
        : (current, root) => left(current, root) || right(current, root)
    }
    return compileComparison(
      filter.operator,
      compileOperand(filter.left),
      compileOperand(filter.right),
    )
  }
  throw new TypeError(`the result of ${filter.toString()} must be compared with something`)
}

function compileComparison(operator: string, left: Operand, right: Operand): Test {
  const compare = comparisons.get(operator)
  if (compare === undefined) throw new TypeError(`'${operator}' is not a comparison`)
  return (current, root) => compare(left(current, root), right(current, root))
}

type Compare = (left: Json | undefined, right: Json | undefined) => boolean

const comparisons: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['==', equal],
  ['!=', (left, right) => !equal(left, right)],
  ['<', less],
  ['>', (left, right) => less(right, left)],
  ['<=', (left, right) => less(left, right) || equal(left, right)],
  ['>=', (left, right) => less(right, left) || equal(left, right)],
])

function equal(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return jsonEquals(left, right)
}

function less(left: Json | undefined, right: Json | undefined): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left < right
  return typeof left === 'string' && typeof right === 'string' && left < right
}

function compileOperand(filter: Filter): Operand {
  if (filter instanceof expressions.NullLiteral) return () => null
  if (
    filter instanceof expressions.BooleanLiteral ||
    filter instanceof expressions.NumberLiteral ||
    filter instanceof expressions.StringLiteral
  ) {
    const { value } = filter
    return () => value
  }
  if (filter instanceof expressions.FunctionExtension)
    return compileFunction(filter.name, filter.args)
  if (filter instanceof expressions.FilterQuery) {
    const names = leadingNames(filter.path)
    if (names.length === filter.path.segments.length) {
      const absolute = filter instanceof expressions.RootQuery
      return (current, root) => walkNames(absolute ? root : current, names)
    }
  }
  throw new TypeError(`${filter.toString()} cannot be compared`)
}

function compileFunction(name: string, args: readonly Filter[]): Operand {
  const [argument] = args
  if (name === 'length' && argument !== undefined) {
    const operand = compileOperand(argument)
    return (current, root) => lengthOf(operand(current, root))
  }
  if (!(argument instanceof expressions.FilterQuery)) throw new TypeError(`${name}() takes a query`)
  const nodes = compileFilterQuery(argument)
  if (name === 'count') return (current, root) => nodes(current, root).length
  return (current, root) => {
    const found = nodes(current, root)
    return found.length === 1 ? found[0] : undefined
  }
}

function compileFilterQuery(filter: InstanceType<typeof jsonpath.expressions.FilterQuery>): Nodes {
  const nodes = compileQuery(filter.path)
  const absolute = filter instanceof expressions.RootQuery
  return (current, root) => nodes(absolute ? root : current, root)
}

/** RFC 9535's length: characters of a string, items of a list, members of an object. */
function lengthOf(value: Json | undefined): number | undefined {
  if (typeof value === 'string') return characterCount(value)
  if (typeof value !== 'object' || value === null) return undefined
  return isJsonList(value) ? value.length : Object.keys(value).length
}

/** Counts the characters of a text by code points, as RFC 9535 does: an emoji counts once. */
export function characterCount(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function childrenOf(node: Json): readonly Json[] {
  if (typeof node !== 'object' || node === null) return []
  return isJsonList(node) ? node : Object.values(node)
}
