import { compileExpression } from './condition-evaluate.ts'
import type { Expression } from './condition-expression.ts'
import { parseExpression } from './condition-parse.ts'
import type { Json, JsonObject } from './json.ts'
import type { JsonPath, TextError } from './json-path.ts'

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
 * An error says what is wrong, what would be legal, and at which character (0-based).
 */
export function compileCondition(source: string): CompiledCondition {
  const parsed = parseExpression(source, { data: 'get' })
  if (!parsed.ok) return parsed
  const { expression } = parsed
  const paths = pathsOf(expression)
  const roots = new Set(paths.flatMap((path) => [...(path.roots ?? [])]))
  const readsAny = paths.some((path) => path.roots === null)
  const value = compileExpression<JsonObject>(expression, (leaf) => {
    if (leaf.kind === 'name') return () => undefined
    const { path } = leaf
    if (path.singular) return path.find
    if (leaf.fallback === null) return path.select
    return (context) => nonEmpty(path.select(context))
  })
  const evaluate = (context: JsonObject): Json => {
    try {
      return value(context)
    } catch {
      // Only values nested thousands deep come here (their comparison overflows the stack): null
      // is the one answer that neither opens a gate nor takes a transition.
      return null
    }
  }
  return { ok: true, condition: { source, expression, roots, readsAny, paths, evaluate } }
}

/** True when the condition's value is exactly true; anything else refuses (Law 4). */
export function conditionHolds(condition: Condition, context: JsonObject): boolean {
  return condition.evaluate(context) === true
}

function nonEmpty(list: readonly Json[]): readonly Json[] | undefined {
  return list.length === 0 ? undefined : list
}

function pathsOf(expression: Expression): readonly JsonPath[] {
  switch (expression.kind) {
    case 'literal':
    case 'name':
      return []
    case 'get':
      return [
        expression.path,
        ...(expression.fallback === null ? [] : pathsOf(expression.fallback)),
      ]
    case 'not':
    case 'negate':
    case 'truthy':
      return pathsOf(expression.operand)
    case 'list':
      return expression.items.flatMap(pathsOf)
    case 'call':
      return expression.args.flatMap(pathsOf)
    case 'binary':
      return [...pathsOf(expression.left), ...pathsOf(expression.right)]
    case 'if':
      return [expression.test, expression.consequent, expression.alternative].flatMap(pathsOf)
  }
  return expression satisfies never
}
