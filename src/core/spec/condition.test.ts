import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition, conditionHolds, type Condition } from './condition.ts'
import type { Json, JsonObject } from './json.ts'

function condition(text: string): Condition {
  const compiled = compileCondition(text)
  if (!compiled.ok) throw new Error(`${text}: ${compiled.error.message}`)
  return compiled.condition
}

function value(text: string, context: JsonObject = {}): Json {
  return condition(text).evaluate(context)
}

function nest(): Json {
  let list: Json = []
  for (let depth = 0; depth < 100_000; depth++) list = [list]
  return list
}

const context: JsonObject = {
  output: { intent: 'sales', urgent: true, amount: 250, tags: ['a', 'b', 'a'], note: null },
  session: { metadata: { tier: 'enterprise' } },
  rows: [{ price: 2 }, { price: 3.5 }, { price: 2 }],
  flags: { good: [true, true], mixed: [true, null, false], unknown: [true, null] },
}

describe('the seeds conditions (S3.16)', () => {
  const intent = "get('$.output.intent') == 'sales'"
  const tier = "get('$.session.metadata.tier') == 'enterprise' and get('$.output.urgent') == true"

  it('hold verbatim', () => {
    expect(conditionHolds(condition(intent), context)).toBe(true)
    expect(conditionHolds(condition(tier), context)).toBe(true)
    expect(conditionHolds(condition(tier), { output: { urgent: true } })).toBe(false)
    expect(conditionHolds(condition(intent), {})).toBe(false)
  })

  it('say what they read', () => {
    const { roots, readsAny, paths } = condition(tier)
    expect([...roots]).toEqual(['session', 'output'])
    expect(readsAny).toBe(false)
    expect(paths.map((path) => path.text)).toEqual(['$.session.metadata.tier', '$.output.urgent'])
    expect(condition("count(get('$..x', get('$.a'))) > 0").readsAny).toBe(true)
    expect([...condition("count(get('$.a[?@.b == $.c]')) > 0").roots]).toEqual(['a', 'c'])
  })
})

describe('precedence', () => {
  it.each<[string, Json]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['-2 + 5', 3],
    ['10 - 2 - 3', 5],
    ['7 % 4 * 2', 6],
    ['1 + 1 == 2', true],
    ['1 < 2 == true', true],
    ['true or false and false', true],
    ['true || false && false', true],
    ['not 1 == 2', true],
    ['not true or true', true],
    ['not not true', true],
    ['!false == true', true],
    ['!true or true', true],
    ['not 1 in [1, 2]', false],
    ['1 + 1 in [2]', true],
    ['if (1 < 2) 10 else 20 + 1', 10],
    ['if (1 > 2) 10 else 20 + 1', 21],
    ["if (true) 'a' else if (true) 'b' else 'c'", 'a'],
    ['- - 2', 2],
    ['3 - -2', 5],
  ])('%s is %j', (text, expected) => {
    expect(value(text)).toEqual(expected)
  })

  it('allows a comparison beside and without parentheses', () => {
    expect(value("get('$.output.intent') == 'sales' and get('$.x', 0) >= 0", context)).toBe(true)
  })
})

describe('values', () => {
  it.each<[string, Json]>([
    ["'it''s'", "it's"],
    [String.raw`'it\'s'`, "it's"],
    [String.raw`"a\"b\\c\u0041\n"`, 'a"b\\cA\n'],
    ['1.5e3', 1500],
    ['[]', []],
    ["[1, 'a', [true, null]]", [1, 'a', [true, null]]],
    ['null', null],
    ["get('$.output.amount')", 250],
    ["get('$.rows[*].price')", [2, 3.5, 2]],
    ["get('$.rows[1].price')", 3.5],
    ["get('$.none')", null],
    ["get('$.none', 'x')", 'x'],
    ["get('$.output.note', 'x')", null],
    ["get('$.none[*]')", []],
    ["get('$.none[*]', 'x')", 'x'],
    ["get('$.none', get('$.output.amount'))", 250],
  ])('%s is %j', (text, expected) => {
    expect(value(text, context)).toEqual(expected)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a prototype name is just missing: %s',
    (name) => {
      expect(value(`get('$.${name}') == null`)).toBe(true)
      expect(value(`get('$.a.${name}', 'none')`, { a: {} })).toBe('none')
    },
  )
})

describe('null and mismatched types', () => {
  it.each<[string, Json]>([
    ["get('$.none') == null", true],
    ["null == get('$.none')", true],
    ["get('$.none') != null", false],
    ["get('$.output.note') == null", true],
    ["get('$.output.intent') == null", false],
    ["get('$.output.intent') != null", true],
    ["get('$.none') == true", null],
    ["not (get('$.none') == true)", null],
    ["get('$.none') != true", null],
    ["get('$.none') == get('$.gone')", null],
    ["get('$.none') < 1", null],
    ["not (get('$.none') < 1)", null],
    ["get('$.none') + 1", null],
    ["- get('$.none')", null],
    ["1 == '1'", null],
    ["1 != '1'", null],
    ["true == 'true'", null],
    ["1 < '2'", null],
    ['true < false', null],
    ["'a' < 'b'", true],
    ["'a' + 'b'", null],
    ['[1] == [1]', true],
    ['[1] == [2]', false],
    ['1 / 0', null],
    ['0 / 0', null],
    ['5 % 0', null],
    ['1e308 * 10', null],
    ["get('$.none') in [1]", null],
    ['1 in 1', null],
    ["1 in get('$.none')", null],
    ["1 in ['a']", null],
    ["not ('x' in [get('$.none')])", null],
    ["'x' in ['x', get('$.none')]", true],
    ['3 in [1, 2]', false],
    ['if (null) 1 else 2', null],
    ["if ('yes') 1 else 2", null],
    ['true and null', null],
    ['false and null', false],
    ['null and false', false],
    ['true or null', true],
    ['null or true', true],
    ['false or null', null],
    ['1 and true', null],
    ["'x' or false", null],
    ['not null', null],
    ['not 1', null],
    ['!null', null],
  ])('%s is %j', (text, expected) => {
    expect(value(text, context)).toBe(expected)
  })

  it('hold only when exactly true', () => {
    for (const text of ["'true'", '1', '[true]', 'null', 'false']) {
      expect(conditionHolds(condition(text), {})).toBe(false)
    }
  })
})

describe('functions', () => {
  it.each<[string, Json]>([
    ["count(get('$.rows[*]'))", 3],
    ["count(get('$.none[*]')) == 0", true],
    ["count('abc')", null],
    ["any(get('$.flags.mixed'))", true],
    ["all(get('$.flags.mixed'))", false],
    ["all(get('$.flags.good'))", true],
    ["all(get('$.flags.unknown'))", null],
    ['any([false, null])', null],
    ["all(get('$.none'))", null],
    ["sum(get('$.rows[*].price'))", 7.5],
    ['sum([])', 0],
    ["sum([1, '2'])", null],
    ['min([])', null],
    ["max(get('$.rows[*].price'))", 3.5],
    ['min([3, 1, 2])', 1],
    ['min(3, 1)', 1],
    ['max(3, 1, 7)', 7],
    ["max(['b', 'c', 'a'])", 'c'],
    ["max([1, 'a'])", null],
    ['max(1, null)', null],
    ["unique(get('$.output.tags'))", ['a', 'b']],
    ["unique([1, '1', [1], [1], null, null])", [1, '1', [1], null]],
    ["contains(get('$.output.tags'), 'b')", true],
    ["contains('hello', 'ell')", true],
    ["contains('hello', 1)", null],
    ['contains(5, 1)', null],
    ["lower('ÀB')", 'àb'],
    ['lower(1)', null],
    ["length('a👍')", 2],
    ['length([1, 2])', 2],
    ['length(5)', null],
  ])('%s is %j', (text, expected) => {
    expect(value(text, context)).toEqual(expected)
  })
})

describe('laws of evaluation', () => {
  it('null is the answer for values too deep to compare', () => {
    const [left, right] = [nest(), nest()]
    expect(value("not (get('$.left') == get('$.right'))", { left, right })).toBeNull()
  })

  const leaf = fc.constantFrom(
    'true',
    'false',
    'null',
    '0',
    '1',
    "'a'",
    '[]',
    '[1, null]',
    "get('$.a')",
    "get('$.b')",
    "get('$.a[*]')",
    "get('$.missing')",
    "get('$.b', 1)",
  )
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc
        .tuple(
          tie('tree'),
          fc.constantFrom('==', '!=', '<', '>=', 'in', '+', '/', '%', 'and', 'or'),
          tie('tree'),
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      tie('tree').map((operand) => `(not ${operand})`),
      tie('tree').map((operand) => `-${operand}`),
      fc
        .tuple(
          fc.constantFrom('count', 'any', 'all', 'sum', 'min', 'unique', 'lower', 'length'),
          tie('tree'),
        )
        .map(([name, operand]) => `${name}(${operand})`),
      fc
        .tuple(tie('tree'), tie('tree'), tie('tree'))
        .map(([test, one, other]) => `(if (${test}) ${one} else ${other})`),
    ),
  }))

  it('every condition has a JSON value over every context', () => {
    fc.assert(
      fc.property(tree, fc.jsonValue(), fc.jsonValue(), (text, a, b) => {
        const json: JsonObject = JSON.parse(JSON.stringify({ a, b }))
        const result = value(text, json)
        expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify(result)))
        expect(result).not.toBeUndefined()
      }),
    )
  })

  it('no equality of a missing value is true, with not or without', () => {
    fc.assert(
      fc.property(leaf, fc.jsonValue(), fc.boolean(), (other, a, flip) => {
        fc.pre(other !== 'null')
        const json: JsonObject = JSON.parse(JSON.stringify({ a }))
        const missing = "get('$.missing')"
        const sides = flip ? [missing, other] : [other, missing]
        for (const operator of ['==', '!=', '<', '>=']) {
          const text = sides.join(` ${operator} `)
          expect(value(text, json)).toBeNull()
          expect(value(`not (${text})`, json)).toBeNull()
        }
      }),
    )
  })
})
