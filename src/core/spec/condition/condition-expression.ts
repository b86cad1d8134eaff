import type { Json } from '../json.ts'
import type { JsonPath } from '../path/json-path.ts'

/** The operators that stand between two operands. */
export type BinaryOperator =
  | ('or' | 'and')
  | ('==' | '!=')
  | ('<' | '<=' | '>' | '>=' | 'in')
  | ('+' | '-' | '*' | '/' | '%')

/** A parsed condition; every node has the position of the text that it stands for. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Json; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly at: number }
  | GetExpression
  | NameExpression
  | {
      readonly kind: 'not' | 'negate' | 'truthy'
      readonly operand: Expression
      readonly at: number
    }
  | BinaryExpression
  | IfExpression
  | CallExpression
  | BinderExpression

/** `get('$.path'[, fallback])`. */
export interface GetExpression {
  readonly kind: 'get'
  readonly path: JsonPath
  readonly fallback: Expression | null
  readonly at: number
}

/** A bare dotted name: a template's `customer.0.name`, or what a binder bound, `item.price`. */
export interface NameExpression {
  readonly kind: 'name'
  readonly names: readonly string[]
  readonly at: number
}

/** An operator between two operands; `at` is the operator's position. */
export interface BinaryExpression {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
  readonly at: number
}

/** `if (test) consequent else alternative`. */
export interface IfExpression {
  readonly kind: 'if'
  readonly test: Expression
  readonly consequent: Expression
  readonly alternative: Expression
  readonly at: number
}

/** A call of one of FUNCTIONS. */
export interface CallExpression {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expression[]
  readonly at: number
}

/** How a binder goes over the items of a list. */
export type Binder = 'every' | 'some' | 'where' | 'map'

/** `every(name in list, body)`: the body is read once for each item, under that name. */
export interface BinderExpression {
  readonly kind: 'binder'
  readonly binder: Binder
  readonly name: string
  readonly list: Expression
  readonly body: Expression
  readonly at: number
}

/** The expressions that an expression is made of, in the order of its text. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'name':
      return []
    case 'get':
      return expression.fallback === null ? [] : [expression.fallback]
    case 'not':
    case 'negate':
    case 'truthy':
      return [expression.operand]
    case 'list':
      return expression.items
    case 'call':
      return expression.args
    case 'binary':
      return [expression.left, expression.right]
    case 'binder':
      return [expression.list, expression.body]
    case 'if':
      return [expression.test, expression.consequent, expression.alternative]
  }
  return expression satisfies never
}
