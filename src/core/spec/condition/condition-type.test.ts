import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition, conditionHolds } from './condition.ts'
import { checkConditionType } from './condition-type.ts'
import type { JsonObject } from '../json.ts'

const schemas = new Map<string, JsonObject>([
  ['$.name', { type: 'string' }],
  ['$.count', { type: 'integer' }],
  ['$.urgent', { type: 'boolean' }],
  ['$.intent', { type: 'string', enum: ['sales', 'support'] }],
  ['$.maybe', { type: ['string', 'null'] }],
  ['$.either', { anyOf: [{ type: 'string' }, { type: 'number' }] }],
  ['$.vague', { anyOf: [{ type: 'string' }, {}] }],
  ['$.off', { const: false }],
  ['$.odd', { type: 'quantity' }],
])

function issues(text: string): string[] {
  const compiled = compileCondition(text)
  if (!compiled.ok) throw new Error(`${text}: ${compiled.error.message}`)
  return checkConditionType(compiled.condition.expression, (path) => schemas.get(path.text)).map(
    ({ message, at }) => `${at}: ${message}`,
  )
}

describe('checkConditionType', () => {
  it.each([
    [
      "get('$.name') == 5",
      '14: $.name (string) and 5 (number) can never be compared: this is never true',
    ],
    [
      "get('$.name') != 5",
      '14: $.name (string) and 5 (number) can never be compared: this is never true',
    ],
    [
      "not (get('$.urgent') == 'true')",
      '21: $.urgent (boolean) and "true" (string) can never be compared: this is never true',
    ],
    [
      "get('$.intent') == 'sale'",
      '16: $.intent is never "sale": did you mean sales? Legal: sales, support',
    ],
    [
      "get('$.urgent') == true and 'refund' == get('$.intent')",
      '37: $.intent is never "refund": legal: sales, support',
    ],
    [
      "get('$.intent') in ['sale', 'refund']",
      '16: $.intent is none of the listed values: this is never true',
    ],
    ["get('$.intent') in get('$.name')", '16: $.name (string) is no list: this is never true'],
    [
      "get('$.urgent') > get('$.off')",
      '16: $.urgent (boolean) and $.off (boolean) have no order: > takes two numbers or two strings',
    ],
    [
      "get('$.rows[*].price') > 5",
      '23: $.rows[*].price (list) and 5 (number) have no order: > takes two numbers or two strings',
    ],
    [
      "get('$.name') + 1 > 5",
      '14: + takes two numbers, not $.name (string) and 1 (number): this is never true',
    ],
    [
      'count([1] + [2]) == 2',
      '10: + takes two numbers, not the list (list) and the list (list): this is never true',
    ],
    [
      "every(item in get('$.rows[*]'), item.ok == true and get('$.name') == 5)",
      '66: $.name (string) and 5 (number) can never be compared: this is never true',
    ],
    [
      "get('$.x') + 1",
      '11: the expression is of type number, never a boolean: compare it with something',
    ],
    ["get('$.name')", '0: $.name is of type string, never a boolean: compare it with something'],
    [
      "not get('$.name')",
      '4: $.name is of type string, never a boolean: compare it with something',
    ],
    [
      "count(get('$.rows[*]'))",
      '0: count(…) is of type number, never a boolean: compare it with something',
    ],
    [
      "count('x') == 1",
      '11: count(…) (always null) and 1 (number) can never be compared: this is never true',
    ],
    ["'yes'", '0: "yes" is of type string, never a boolean: compare it with something'],
    ['null', '0: null is always null: compare it with something'],
    ['false', '0: false is always false, so the condition never holds'],
    ["get('$.urgent') and false", '20: false is always false, so the condition never holds'],
    ["get('$.off')", '0: $.off is always false, so the condition never holds'],
  ])('%s', (text, expected) => {
    expect(issues(text)).toEqual([expected])
  })

  it.each([
    "get('$.unknown') == 5",
    'every(item in [], false)',
    "some(item in get('$.rows[*]'), item.price + 1 > 2 or item == 'x')",
    "get('$.vague') == 5",
    "get('$.odd') == 5",
    "get('$.either') == 5 or get('$.either') == 'x'",
    "get('$.name') == null",
    "null != get('$.count')",
    "get('$.maybe') == 'x'",
    "get('$.name', 5) == 5",
    "get('$.intent', 'none') == 'none'",
    "not (get('$.intent') == 'refund')",
    "get('$.intent') != 'refund'",
    "get('$.intent') in ['refund', get('$.name')]",
    "get('$.intent') in get('$.unknown')",
    "get('$.count') > 1.5",
    "get('$.urgent')",
    "not get('$.off')",
    "get('$.off') == false",
    "contains(get('$.name'), 'x') and any(get('$.rows[*].ok'))",
    "lower(get('$.name')) == 'x' or length(get('$.name')) % 2 == 0",
    "max(get('$.rows[*].price')) > 3",
    "if (get('$.urgent')) true else false",
    "get('$.urgent') or false",
    'true',
    '1 == 1',
  ])('claims nothing of %s', (text) => {
    expect(issues(text)).toEqual([])
  })

  it('never claims anything of a condition that held', () => {
    const values: JsonObject = { name: 'a', count: 1, urgent: true, intent: 'sales' }
    const leaf = fc.constantFrom(
      "get('$.name')",
      "get('$.count')",
      "get('$.urgent')",
      "get('$.intent')",
      "get('$.none')",
      "'sales'",
      "'a'",
      '1',
      'true',
      'null',
      "['a', 1]",
      "count(['a'])",
      "lower('A')",
    )
    const operator = fc.constantFrom('==', '!=', '<', '<=', 'in', '+', 'and')
    fc.assert(
      fc.property(leaf, operator, leaf, operator, leaf, (a, one, b, other, c) => {
        const compiled = compileCondition(`(${a} ${one} ${b}) ${other} ${c}`)
        if (!compiled.ok || !conditionHolds(compiled.condition, values)) return
        expect(issues(compiled.condition.source)).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })
})
