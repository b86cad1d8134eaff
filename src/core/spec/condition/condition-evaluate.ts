import type {
  BinaryExpression,
  BinderExpression,
  CallExpression,
  Expression,
  GetExpression,
  IfExpression,
  NameExpression,
} from './condition-expression.ts'
import { jsonType, memberOf } from './condition-function.ts'
import { FUNCTIONS } from './condition-library.ts'
import { quantify } from './condition-list.ts'
import { jsonEquals, type Json } from '../json.ts'
import { isJsonList } from '../path/json-path-select.ts'

/** A compiled expression; `Context` is whatever its reader reads from. */
export type Evaluator<Context> = (context: Context) => Json

/** How an expression reads its data. */
export interface Reading<Context> {
  /** Compiles what reads data; the reader answers undefined where nothing is. */
  readonly read: (leaf: GetExpression | NameExpression) => (context: Context) => Json | undefined
  /** The context in which a name stands for an item; where names are bound. */
  readonly bind?: (context: Context, local: { name: string; value: Json }) => Context
}

/**
 * Compiles an expression to closures, so that evaluating parses and looks up nothing. The meaning
 * (DESIGN.md §3, S3.16): a missing value is null; null or a type mismatch makes an ordering, an
 * equality or arithmetic null; `and`, `or` and `not` are Kleene's; only a test against a literal
 * `null` is true of null. Throws only RangeError, for values nested thousands deep.
 */
export function compileExpression<Context>(
  expression: Expression,
  reading: Reading<Context>,
): Evaluator<Context> {
  const compile = (part: Expression): Evaluator<Context> => compileExpression(part, reading)
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression
      return () => value
    }
    case 'list': {
      const items = expression.items.map(compile)
      return (context) => items.map((item) => item(context))
    }
    case 'get':
    case 'name': {
      const read = reading.read(expression)
      if (expression.kind === 'name' || expression.fallback === null) {
        return (context) => read(context) ?? null
      }
      const fallback = compile(expression.fallback)
      return (context) => {
        const value = read(context)
        return value === undefined ? fallback(context) : value
      }
    }
    case 'not': {
      const operand = compile(expression.operand)
      return (context) => {
        const value = operand(context)
        return typeof value === 'boolean' ? !value : null
      }
    }
    case 'negate': {
      const operand = compile(expression.operand)
      return (context) => {
        const value = operand(context)
        return typeof value === 'number' ? -value : null
      }
    }
    case 'truthy': {
      const operand = compile(expression.operand)
      return (context) => isTruthy(operand(context))
    }
    case 'binary':
      return compileBinary(expression, compile)
    case 'if':
      return compileIf(expression, compile)
    case 'call':
      return compileCall(expression, compile)
    case 'binder':
      return compileBinder(expression, {
        list: compile(expression.list),
        body: compile(expression.body),
        reading,
      })
  }
  return expression satisfies never
}

type Compile<Context> = (part: Expression) => Evaluator<Context>

function isTruthy(value: Json): boolean {
  return isJsonList(value) ? value.length > 0 : Boolean(value)
}

function compileIf<Context>(
  expression: IfExpression,
  compile: Compile<Context>,
): Evaluator<Context> {
  const test = compile(expression.test)
  const consequent = compile(expression.consequent)
  const alternative = compile(expression.alternative)
  return (context) => {
    const held = test(context)
    if (held === true) return consequent(context)
    return held === false ? alternative(context) : null
  }
}

function compileCall<Context>(
  { name, args }: CallExpression,
  compile: Compile<Context>,
): Evaluator<Context> {
  const definition = FUNCTIONS.get(name)
  if (definition === undefined) return () => null
  const { apply } = definition
  const [first = nothing, second = nothing] = args.map(compile)
  if (definition.most === 1) return (context) => apply(first(context), null)
  if (definition.most === 2) return (context) => apply(first(context), second(context))
  if (args.length === 1) return (context) => apply(first(context), null)
  const items = args.map(compile)
  return (context) =>
    apply(
      items.map((item) => item(context)),
      null,
    )
}

/** `where` keeps nothing back: with an item that cannot be decided, the whole list cannot. */
function compileBinder<Context>(
  { binder, name }: BinderExpression,
  parts: {
    readonly list: Evaluator<Context>
    readonly body: Evaluator<Context>
    readonly reading: Reading<Context>
  },
): Evaluator<Context> {
  const { list, body } = parts
  const { bind } = parts.reading
  if (bind === undefined) return nothing
  return (context) => {
    const items = list(context)
    if (!isJsonList(items)) return null
    const values = items.map((value) => body(bind(context, { name, value })))
    switch (binder) {
      case 'map':
        return values
      case 'every':
        return quantify(values, false)
      case 'some':
        return quantify(values, true)
      case 'where':
        if (values.some((value) => typeof value !== 'boolean')) return null
        return items.filter((_, index) => values[index] === true)
    }
    return binder satisfies never
  }
}

function nothing(): Json {
  return null
}

function compileBinary<Context>(
  expression: BinaryExpression,
  compile: Compile<Context>,
): Evaluator<Context> {
  const { operator } = expression
  const left = compile(expression.left)
  const right = compile(expression.right)
  switch (operator) {
    case 'and':
      return (context) => both(left(context), right, context, false)
    case 'or':
      return (context) => both(left(context), right, context, true)
    case '==':
      return compileEquality(expression, left, right)
    case '!=': {
      const equal = compileEquality(expression, left, right)
      return (context) => {
        const value = equal(context)
        return value === null ? null : !value
      }
    }
    case 'in':
      return (context) => memberOf(left(context), right(context))
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const holds = ORDERINGS[operator]
      return (context) => {
        const order = compareOrder(left(context), right(context))
        return order === null ? null : holds(order)
      }
    }
    case '+':
    case '-':
    case '*':
    case '/':
    case '%': {
      const calculate = ARITHMETIC[operator]
      return (context) => {
        const one = left(context)
        const other = right(context)
        if (typeof one !== 'number' || typeof other !== 'number') return null
        const value = calculate(one, other)
        return Number.isFinite(value) ? value : null
      }
    }
  }
  return operator satisfies never
}

/** Kleene's and (decisive false) or or (decisive true); the right side only when it matters. */
function both<Context>(
  left: Json,
  right: Evaluator<Context>,
  context: Context,
  decisive: boolean,
): boolean | null {
  if (left === decisive) return decisive
  const other = right(context)
  if (other === decisive) return decisive
  return left === !decisive && other === !decisive ? !decisive : null
}

function compileEquality<Context>(
  expression: BinaryExpression,
  left: Evaluator<Context>,
  right: Evaluator<Context>,
): (context: Context) => boolean | null {
  if (isNull(expression.right)) return (context) => left(context) === null
  if (isNull(expression.left)) return (context) => right(context) === null
  return (context) => {
    const one = left(context)
    const other = right(context)
    if (one === null || other === null) return null
    if (typeof one !== 'object' && typeof one === typeof other) return one === other
    return jsonType(one) === jsonType(other) ? jsonEquals(one, other) : null
  }
}

function isNull(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.value === null
}

function compareOrder(left: Json, right: Json): number | null {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left !== 'string' || typeof right !== 'string') return null
  if (left === right) return 0
  return left < right ? -1 : 1
}

const ORDERINGS = {
  '<': (order: number): boolean => order < 0,
  '<=': (order: number): boolean => order <= 0,
  '>': (order: number): boolean => order > 0,
  '>=': (order: number): boolean => order >= 0,
}

const ARITHMETIC = {
  '+': (left: number, right: number): number => left + right,
  '-': (left: number, right: number): number => left - right,
  '*': (left: number, right: number): number => left * right,
  '/': (left: number, right: number): number => left / right,
  '%': (left: number, right: number): number => left % right,
}
