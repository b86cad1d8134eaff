import { jsonpath, type JSONPathQuery } from 'json-p3'
import { isDescendant, leadingNames, type Filter } from './json-path-select.ts'

const { expressions, selectors } = jsonpath

/**
 * The members of the root that a query and the absolute queries in its filters start from; null
 * when one of them starts with anything but names, for then it may read any member.
 */
export function queryRoots(query: JSONPathQuery): ReadonlySet<string> | null {
  const roots = new Set<string>()
  return collectRoots(query, true, roots) ? roots : null
}

function collectRoots(query: JSONPathQuery, absolute: boolean, roots: Set<string>): boolean {
  const [first] = query.segments
  if (absolute) {
    if (first === undefined || isDescendant(first)) return false
    for (const part of first.selectors) {
      if (!(part instanceof selectors.NameSelector)) return false
      roots.add(part.name)
    }
  }
  return query.segments.every((segment) =>
    segment.selectors.every(
      (part) =>
        !(part instanceof selectors.FilterSelector) ||
        collectFilterRoots(part.expression.expression, roots),
    ),
  )
}

function collectFilterRoots(filter: Filter, roots: Set<string>): boolean {
  if (filter instanceof expressions.RootQuery) return collectRoots(filter.path, true, roots)
  if (filter instanceof expressions.RelativeQuery) return collectRoots(filter.path, false, roots)
  return inner(filter).every((part) => collectFilterRoots(part, roots))
}

function inner(filter: Filter): readonly Filter[] {
  if (filter instanceof expressions.InfixExpression) return [filter.left, filter.right]
  if (filter instanceof expressions.PrefixExpression) return [filter.right]
  if (filter instanceof expressions.LogicalExpression) return [filter.expression]
  if (filter instanceof expressions.FunctionExtension) return filter.args
  return []
}

/** What a filter reads of each item: member names, and the texts that it compares `@.tool` with. */
export interface ItemFilter {
  readonly names: readonly string[]
  readonly tools: readonly string[]
}

/** Of the filter right below a query's root (`$.calls[?…]`); empty where there is none. */
export function itemFilter(query: JSONPathQuery): ItemFilter {
  const names: string[] = []
  const tools: string[] = []
  for (const part of query.segments[1]?.selectors ?? []) {
    if (part instanceof selectors.FilterSelector) {
      collectItemNames(part.expression.expression, { names, tools })
    }
  }
  return { names, tools }
}

function collectItemNames(filter: Filter, found: { names: string[]; tools: string[] }): void {
  if (filter instanceof expressions.RelativeQuery) {
    const [name] = leadingNames(filter.path)
    if (typeof name === 'string') found.names.push(name)
    return
  }
  if (filter instanceof expressions.RootQuery) return
  if (filter instanceof expressions.InfixExpression) {
    const sides = [filter.left, filter.right]
    if (sides.some(readsTool)) {
      for (const side of sides) {
        if (side instanceof expressions.StringLiteral) found.tools.push(side.value)
      }
    }
  }
  for (const part of inner(filter)) collectItemNames(part, found)
}

function readsTool(filter: Filter): boolean {
  if (!(filter instanceof expressions.RelativeQuery)) return false
  const names = leadingNames(filter.path)
  return names.length === 1 && names[0] === 'tool'
}
