import { JSONPathEnvironment, JSONPathError, type JSONPathQuery } from 'json-p3'
import type { Json, JsonObject } from '../json.ts'
import { itemFilter, queryRoots, type ItemFilter } from './json-path-roots.ts'
import { compileQuery, leadingNames, segmentNames, walkNames } from './json-path-select.ts'

/** Something wrong in a small language's text: what and what would be legal, and where (0-based). */
export interface TextError {
  readonly message: string
  readonly at: number
}

/** A compiled JSONPath (RFC 9535), ready to be applied to many contexts. */
export interface JsonPath {
  readonly text: string
  /** True when it is only names and indexes, so that it selects at most one value. */
  readonly singular: boolean
  /** The one member of the context that it reads; null when it reads several or may read any. */
  readonly root: string | null
  /** All members that it reads, filters included; null when it may read any (`$..x`, `$[*]`). */
  readonly roots: ReadonlySet<string> | null
  /** Its names and indexes when it is singular, else null. */
  readonly names: readonly (string | number)[] | null
  /** The names and indexes that it begins with, before the first other selector. */
  readonly leading: readonly (string | number)[]
  /** Its segments up to the first `..`: a name or position, null for any other selector. */
  readonly shape: readonly (string | number | null)[]
  /** What the filter right below its root reads of each item, and the tools that it asks for. */
  readonly filter: ItemFilter
  /** Of the list at its root, the items that it goes through; empty for a path of the root alone. */
  readonly items: (context: JsonObject) => readonly Json[]
  /** All selected values in document order; empty when nothing matches. */
  readonly select: (context: JsonObject) => readonly Json[]
  /** The first selected value, or undefined; it allocates nothing for a singular path. */
  readonly find: (context: JsonObject) => Json | undefined
}

/** What compilePath answers. */
export type CompiledPath =
  | { readonly ok: true; readonly path: JsonPath }
  | { readonly ok: false; readonly error: TextError }

const MAX_CHARACTERS = 2_000

const environment = new JSONPathEnvironment()
for (const name of ['match', 'search']) environment.functionRegister.delete(name)

/**
 * Compiles a JSONPath: all of RFC 9535 but the functions `match` and `search`, whose regular
 * expressions can hang on hostile text (DESIGN.md §6). At most 2,000 characters; reads own
 * properties only. Selecting never throws, but for a RangeError when a filter compares two values
 * that are nested thousands deep. `example` is a path that may be read where this one is, for messages.
 */
export function compilePath(
  text: string,
  { example = '$.output.intent' }: { readonly example?: string } = {},
): CompiledPath {
  if (!text.startsWith('$')) {
    return failure(`a path starts with $, as in ${example}`, 0)
  }
  if (text.length > MAX_CHARACTERS) {
    return failure(`a path has at most ${MAX_CHARACTERS} characters`, MAX_CHARACTERS)
  }
  try {
    return { ok: true, path: toPath(text, environment.compile(text)) }
  } catch (error) {
    return { ok: false, error: explain(error, text) }
  }
}

function toPath(text: string, query: JSONPathQuery): JsonPath {
  const roots = queryRoots(query)
  const leading = leadingNames(query)
  const through = compileQuery({ segments: query.segments.slice(0, 2) })
  const items = (context: JsonObject): readonly Json[] =>
    query.segments.length < 2 ? [] : through(context, context)
  const filter = itemFilter(query)
  const shape = segmentNames(query)
  const shared = { text, roots, root: onlyOf(roots), leading, shape, filter, items }
  if (leading.length === query.segments.length) {
    const names = leading
    const find = (context: JsonObject): Json | undefined => walkNames(context, names)
    const select = (context: JsonObject): readonly Json[] => {
      const value = find(context)
      return value === undefined ? [] : [value]
    }
    return { ...shared, singular: true, names, select, find }
  }
  const nodes = compileQuery(query)
  const select = (context: JsonObject): readonly Json[] => nodes(context, context)
  return { ...shared, singular: false, names: null, select, find: (context) => select(context)[0] }
}

function onlyOf(roots: ReadonlySet<string> | null): string | null {
  const [first, ...others] = roots ?? []
  return first === undefined || others.length > 0 ? null : first
}

function explain(error: unknown, text: string): TextError {
  if (!(error instanceof JSONPathError)) {
    const reason = error instanceof RangeError ? 'it is nested too deeply' : String(error)
    return { message: `not a JSONPath: ${reason}`, at: 0 }
  }
  const { index, value } = error.token
  const at = index < 0 ? text.length : index
  if ((value === 'match' || value === 'search') && error.message.startsWith('no such function')) {
    const message =
      `${value}() is not available in a path, because its regular expression can hang; ` +
      'the functions are count, length and value'
    return { message, at }
  }
  return { message: `not a JSONPath: ${error.message}`, at }
}

function failure(message: string, at: number): CompiledPath {
  return { ok: false, error: { message, at } }
}
