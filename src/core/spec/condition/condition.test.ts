import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition, conditionHolds, type Condition } from './condition.ts'
import type { Json, JsonObject } from '../json.ts'

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

describe('functions for policies', () => {
  const data: JsonObject = {
    calls: [
      { tool: 'read', output: { id: 1, status: 'pending' } },
      { tool: 'read', output: { id: 2, status: 'sent' } },
      { tool: 'write', output: { id: 1, status: 'done' } },
    ],
    args: {
      id: 1,
      old: ['a', 'b'],
      new: ['c', 'd'],
      pay: [
        { id: 'card_1', sum: 5 },
        { id: 'gift_1', sum: 7 },
      ],
    },
    profile: { card_1: { limit: 10 }, gift_1: { limit: 6 } },
  }
  it.each<[string, Json]>([
    ["last(get('$.calls[?@.output.id == $.args.id].output.status'))", 'done'],
    ["first(get('$.calls[?@.output.id == $.args.id].output.status'))", 'pending'],
    ["last(get('$.calls[?@.output.id == 9].output.status')) == 'done'", null],
    ["last(get('$.calls[?@.output.id == 9]')) == null", true],
    ["differs(get('$.args.old'), get('$.args.new'))", true],
    ["differs(['a', 'b'], ['c', 'b'])", false],
    ["differs(['a'], ['b', 'c'])", false],
    ["differs(['a'], [1])", null],
    ["differs('a', ['b'])", null],
    ["subset(['a'], ['b', 'a'])", true],
    ["subset(['a', 'c'], ['b', 'a'])", false],
    ['subset([], [1])', true],
    ["subset(['a'], [1])", null],
    ["zip(['a'], [1])", [['a', 1]]],
    ["zip(['a'], [])", null],
    ["keys(get('$.profile'))", ['card_1', 'gift_1']],
    ["values(get('$.profile'))", [{ limit: 10 }, { limit: 6 }]],
    ["keys(get('$.args.old'))", null],
    ["at(get('$.profile'), 'card_1') == at(get('$.profile'), 'x')", null],
    ["at(get('$.profile'), '__proto__')", null],
    ["at(['a', 'b'], -1)", 'b'],
    ["at(['a', 'b'], 1.5)", null],
    ["at(get('$.profile'), ['gift_1', 'x'])", [{ limit: 6 }, null]],
    ['sort([3, 1, 2])', [1, 2, 3]],
    ["sort(['b', 1])", null],
    ["starts_with('gift_1', 'gift_') and ends_with('gift_1', '_1')", true],
    ["starts_with(1, 'gift_')", null],
    ["split('a,b', ',')", ['a', 'b']],
    ["join(['#W', 12], '')", '#W12'],
    ["join([true], '')", null],
    ["upper(trim(' a '))", 'A'],
    ["number(' 12.50 ')", 12.5],
    ["number('1e999')", null],
    ["number('0x10')", null],
    ['text(1.5)', '1.5'],
    ['round(1.005, 2)', 1.01],
    ['round(-2.5)', -3],
    ['round(1e21, 2)', 1e21],
    ['round(1, 99)', null],
    ['abs(-2) + floor(1.9) + ceil(1.1) + trunc(-1.9) + sign(-3) + sqrt(9) + power(2, 3)', 14],
    ['sqrt(-1)', null],
    ['power(10, 999)', null],
  ])('%s', (text, expected) => {
    expect(value(text, data)).toEqual(expected)
  })
  it.each<[string, Json]>([
    ["time('2024-05-15')", Date.UTC(2024, 4, 15)],
    ["time('2024-05-15T15:00:00-05:00')", Date.UTC(2024, 4, 15, 20)],
    ["time('2024-05-15 15:00')", Date.UTC(2024, 4, 15, 15)],
    ["iso_datetime_parse('2024-05-15T15:00:00.250Z')", Date.UTC(2024, 4, 15, 15, 0, 0, 250)],
    ["time('2024-02-30')", null],
    ["time('2024-05-15T25:00')", null],
    ["time('tomorrow')", null],
    ["time('2024-05-15T15:00 EST')", null],
    ['hours(24) == days(1) and minutes(60) == hours(1) and seconds(60) == minutes(1)', true],
    ["to_unix_timestamp(time('1970-01-02'))", 86_400],
    ["time('2024-05-15T15:00:00') - time('2024-05-14T15:00:01') <= hours(24)", true],
  ])('%s', (text, expected) => {
    expect(value(text)).toEqual(expected)
  })
  it.each<[string, Json]>([
    ["every(p in get('$.args.pay'), p.sum <= 10)", true],
    ["every(p in get('$.args.pay'), p.sum <= at(at(get('$.profile'), p.id), 'limit'))", false],
    ["some(p in get('$.args.pay'), starts_with(p.id, 'gift_'))", true],
    ["count(where(p in get('$.args.pay'), starts_with(p.id, 'gift_')))", 1],
    ["sum(map(p in get('$.args.pay'), p.sum * 2))", 24],
    ["every(p in zip(get('$.args.old'), get('$.args.new')), p.0 != p.1)", true],
    ['every(p in [], false) and not some(p in [], true)', true],
    ["every(p in get('$.nothing'), true)", null],
    ['every(p in [1, null], p > 0)', null],
    ['where(p in [1, null], p > 0)', null],
    [
      "some(c in get('$.calls[*]'), some(p in get('$.args.pay'), c.output.id == 1 and p.sum == 7))",
      true,
    ],
    ["every(r in [last(get('$.calls[*].output'))], r.status == 'done' or r.missing == 1)", true],
    ["map(p in [get('$.profile')], p.constructor)", [null]],
  ])('%s', (text, expected) => {
    expect(value(text, data)).toEqual(expected)
  })
  it('reads a bound name in its own body only, and says how binders are written', () => {
    const error = (text: string): string => {
      const compiled = compileCondition(text)
      return compiled.ok ? 'compiled' : compiled.error.message
    }
    expect(error('every(p in [1], p > 0) and p > 0')).toContain('unknown name p')
    expect(error('every([1], true)')).toContain('write every(item in list, condition)')
    expect(error('every(p in [1])')).toContain('every(item in list, condition)')
    expect(error('every(p in [1], every(p in [2], true))')).toContain('bound already')
    expect(error('every(in in [1], true)')).toContain('every(item in list, condition)')
    expect(condition("every(p in get('$.a'), p == get('$.b'))").roots).toEqual(new Set(['a', 'b']))
  })
  it('gives no answer where binders would go over millions of items', () => {
    const list = Array.from({ length: 2000 }, (_, index) => index)
    expect(value("some(a in get('$.l'), some(b in get('$.l'), a + b < 0))", { l: list })).toBeNull()
  })
})
