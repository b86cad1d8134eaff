import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type Document,
} from 'yaml'
import type { IssuePath } from '../core/spec/issue.ts'

/*
 * An author's file as a value with places: YAML, and JSON as the YAML that it is. What is wrong is
 * told with the line and column where the author wrote it.
 */

/** A place in a file, both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export type ReadDocument =
  | {
      readonly ok: true
      readonly value: unknown
      /** Where a path is written: its key, else the nearest ancestor that is there. */
      readonly locate: (path: IssuePath) => Place
    }
  | { readonly ok: false; readonly issues: readonly (Place & { readonly message: string })[] }

/** Reads YAML or JSON text. Aliases are expanded within the library's limit; keys must be unique. */
export function readDocument(text: string): ReadDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (document.errors.length > 0) {
    return {
      ok: false,
      issues: document.errors.map((error) => ({ message: error.message, ...place(error.pos[0]) })),
    }
  }
  try {
    const value: unknown = document.toJS()
    return { ok: true, value, locate: (path) => place(offsetOf(document, path)) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, issues: [{ message, line: 1, column: 1 }] }
  }
}

function offsetOf(document: Document, path: IssuePath): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const offset = memberOffset(
      isAlias(parent) ? parent.resolve(document) : parent,
      path[length - 1],
    )
    if (offset !== undefined) return offset
  }
  return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0
}

/** Where a member begins: at its key in a map, at the item in a list. */
function memberOffset(parent: unknown, part: string | number | undefined): number | undefined {
  if (isMap(parent)) {
    const pair = parent.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
    )
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined
  }
  const items: unknown =
    typeof parent === 'object' && parent !== null ? Reflect.get(parent, 'items') : undefined
  const item: unknown = Array.isArray(items) && typeof part === 'number' ? items[part] : undefined
  return isNode(item) ? item.range?.[0] : undefined
}
