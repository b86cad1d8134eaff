import { jsonpath, type JSONPathQuery } from 'json-p3'
import { isDescendant, type Filter } from './json-path-select.ts'

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
