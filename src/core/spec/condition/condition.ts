import { compileExpression } from './condition-evaluate.ts'
import {
  partsOf,
  type Expression,
  type GetExpression,
  type NameExpression,
} from './condition-expression.ts'
import { parseExpression } from './condition-parse.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../json.ts'
import type { JsonPath, TextError } from '../path/json-path.ts'
import { isJsonList } from '../path/json-path-select.ts'

/**
 * The condition language: text goes in, a closure over a JSON context comes out. The text is
 * split (condition-token), parsed (condition-parse, to the tree of condition-expression) and
 * compiled (condition-evaluate); condition-type then finds what can never be true.
 */
export interface Condition {
  readonly source: string
  readonly expression: Expression
  /** The members of the context that its paths read, those in filters included. */
  readonly roots: ReadonlySet<string>
  /** True when one of its paths may read any member: `$..x`, `$[*]`. */
  readonly readsAny: boolean
  /** The path of each get(), in the order of the text. */
  readonly paths: readonly JsonPath[]
  /** The value of the expression; never throws, null being the answer where there is none. */
  readonly evaluate: (context: JsonObject) => Json
}

/** What compileCondition answers. */
export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly error: TextError }

/**
 * Compiles a condition once, for gates, transitions and success criteria (S3.16, DESIGN.md §3).
 * An error says what is wrong, what would be legal, and at which character (0-based). `example` is
 * a path that may be read where the condition stands, for messages.
 */
export function compileCondition(
  source: string,
  options: { readonly example?: string } = {},
): CompiledCondition {
  const parsed = parseExpression(source, { data: 'get', ...options })
  if (!parsed.ok) return parsed
  const { expression } = parsed
  const paths = pathsOf(expression)
  const roots = new Set(paths.flatMap((path) => [...(path.roots ?? [])]))
  const readsAny = paths.some((path) => path.roots === null)
  const value = compileExpression<Frame>(expression, { read: readerOf, bind })
  const evaluate = (context: JsonObject): Json => {
    try {
      return value({ context, local: null, work: { items: 0 } })
    } catch {
      // Only values nested thousands deep (their comparison overflows the stack) and millions of
      // items come here: null is the one answer that neither opens a gate nor takes a transition.
      return null
    }
  }
  return { ok: true, condition: { source, expression, roots, readsAny, paths, evaluate } }
}

/** True when the condition's value is exactly true; anything else refuses (Law 4). */
export function conditionHolds(condition: Condition, context: JsonObject): boolean {
  return condition.evaluate(context) === true
}

/** Where an expression is read: the context, and the names that binders bound, the inmost first. */
interface Frame {
  readonly context: JsonObject
  readonly local: Local | null
  readonly work: { items: number }
}

interface Local {
  readonly name: string
  readonly value: Json
  readonly outer: Local | null
}

const MAX_ITEMS = 1_000_000

/** Binders within binders multiply: what goes over a million items has no answer. */
function bind(frame: Frame, { name, value }: { name: string; value: Json }): Frame {
  if (++frame.work.items > MAX_ITEMS) throw new RangeError('too many items')
  return { ...frame, local: { name, value, outer: frame.local } }
}

function readerOf(leaf: GetExpression | NameExpression): (frame: Frame) => Json | undefined {
  if (leaf.kind === 'name') {
    const [name = '', ...members] = leaf.names
    return ({ local }) => {
      let found = local
      while (found !== null && found.name !== name) found = found.outer
      return found === null ? undefined : memberAt(found.value, members)
    }
  }
  const { path } = leaf
  if (path.singular) return ({ context }) => path.find(context)
  if (leaf.fallback === null) return ({ context }) => path.select(context)
  return ({ context }) => nonEmpty(path.select(context))
}

/** Follows `item.0.price`: positions in lists, own members in maps. */
function memberAt(from: Json, members: readonly string[]): Json | undefined {
  let value: Json | undefined = from
  for (const member of members) {
    if (isJsonList(value)) value = /^\d+$/.test(member) ? value[Number(member)] : undefined
    else value = value !== undefined && isJsonObject(value) ? ownValue(value, member) : undefined
  }
  return value
}

function nonEmpty(list: readonly Json[]): readonly Json[] | undefined {
  return list.length === 0 ? undefined : list
}

function pathsOf(expression: Expression): readonly JsonPath[] {
  const own = expression.kind === 'get' ? [expression.path] : []
  return [...own, ...partsOf(expression).flatMap(pathsOf)]
}
