import { messageOf } from '../core/spec/message-of.ts'
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLError,
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

/** Something that keeps a text from being read. */
export interface DocumentIssue extends Place {
  readonly message: string
}

export type ReadDocument =
  | {
      readonly ok: true
      readonly value: unknown
      /** Where a path is written: its key, else the nearest ancestor that is there. */
      readonly locate: (path: IssuePath) => Place
    }
  | { readonly ok: false; readonly issues: readonly DocumentIssue[] }

// The library's own check for unique keys compares each with each.
const OPTIONS = { merge: true, uniqueKeys: false } as const
const TOO_DEEP = 'the file is nested too deeply'
const MAX_CHARACTERS = 16_000_000

/**
 * Reads YAML 1.2 or JSON text of at most 16,000,000 characters; total. Aliases and merge keys (`<<`)
 * are expanded within the library's limit, keys must be texts that differ, and custom tags are
 * refused.
 */
export function readDocument(text: string): ReadDocument {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const failure = (message: string, offset = 0): ReadDocument => {
    return { ok: false, issues: [{ message, ...place(offset) }] }
  }
  if (text.length > MAX_CHARACTERS) {
    return failure(`the file has more than ${MAX_CHARACTERS} characters`)
  }
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, ...OPTIONS })
    const problems = [...syntaxProblems(document, text), ...strangeNodes(document)]
    if (problems.length > 0) {
      const issues = problems.map(({ message, offset }) => ({ message, ...place(offset) }))
      return { ok: false, issues }
    }
    const value: unknown = document.toJS()
    return { ok: true, value, locate: (path) => place(offsetOf(document, path)) }
  } catch (error) {
    if (error instanceof RangeError) return failure(TOO_DEEP)
    const message = messageOf(error)
    if (!message.startsWith('Excessive alias count')) return failure(message)
    return failure('its aliases (*name) make too much of it when they are written out; use fewer')
  }
}

interface Problem {
  readonly message: string
  readonly offset: number
}

/** The first error, for those after it are mostly its consequences, and every tag. */
function syntaxProblems(document: Document.Parsed, text: string): readonly Problem[] {
  const tags = document.warnings.filter((warning) => warning.code === 'TAG_RESOLVE_FAILED')
  return [...document.errors.slice(0, 1), ...tags].map((error) => ({
    message: explain(error, text),
    offset: error.pos[0],
  }))
}

function explain(error: YAMLError, text: string): string {
  const at = text.slice(error.pos[0], error.pos[0] + 60)
  if (error.message.startsWith('Maximum call stack')) return TOO_DEEP
  const code: string = error.code
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; YAML takes spaces only'
  if (code === 'MULTIPLE_DOCS') return 'another document begins here (---); a file holds one'
  if (code === 'TAG_RESOLVE_FAILED') {
    return `the tag \`${/^\S*/.exec(at)?.[0] ?? ''}\` means nothing here; leave it out`
  }
  const unquoted = ['BAD_SCALAR_START', 'MULTILINE_IMPLICIT_KEY', 'UNEXPECTED_TOKEN'].includes(code)
  return unquoted
    ? `${error.message} (is a text with : # { or " in need of quotes?)`
    : error.message
}

/** Keys that are there twice or no text, above all `{{name}}` without quotes, and aliases of nothing. */
function strangeNodes(document: Document.Parsed): readonly Problem[] {
  const problems: Problem[] = []
  const anchors = new Set<string>()
  if (document.errors.length > 0) return problems
  const report = (message: string, node: unknown): void => {
    problems.push({ message, offset: isNode(node) ? (node.range?.[0] ?? 0) : 0 })
  }
  visit(document, {
    Value(_, { anchor }) {
      if (anchor !== undefined) anchors.add(anchor)
    },
    Alias(_, alias) {
      if (anchors.has(alias.source)) return
      report(`there is no anchor \`&${alias.source}\` before this alias`, alias)
    },
    Map(_, { items, anchor }) {
      if (anchor !== undefined) anchors.add(anchor)
      const keys = new Set<string>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        if (keys.has(name))
          report(`the key \`${name}\` is written twice in this map; keep one`, key)
        keys.add(name)
      }
    },
    Pair(_, { key }) {
      if (isScalar(key) || key === null) return undefined
      const braces = isMap(key) && key.flow === true
      const quoted = 'a text that begins with {{ needs quotes: "{{name}} …"'
      report(braces ? quoted : 'a key is a text here; give it quotes', key)
      return visit.SKIP
    },
  })
  return problems.slice(0, 20)
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
