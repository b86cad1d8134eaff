import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExpression } from './condition-parse.ts'

function error(text: string): string {
  const parsed = parseExpression(text, { data: 'get' })
  if (parsed.ok) throw new Error(`${text} parsed`)
  return `${parsed.error.at}: ${parsed.error.message}`
}

describe('parseExpression', () => {
  it('gives a tree with positions', () => {
    const parsed = parseExpression("not get('$.a', 1) in [-2]", { data: 'get' })
    expect(parsed).toMatchObject({
      ok: true,
      expression: {
        kind: 'not',
        at: 0,
        operand: {
          kind: 'binary',
          operator: 'in',
          at: 18,
          left: { kind: 'get', at: 4, fallback: { kind: 'literal', value: 1, at: 15 } },
          right: { kind: 'list', at: 21, items: [{ kind: 'literal', value: -2, at: 22 }] },
        },
      },
    })
  })

  it.each([
    ['', '0: the condition is empty'],
    ['  ', '0: the condition is empty'],
    ['1 = 2', "2: '=' is not an operator: write == to compare"],
    ['1 === 2', "2: '===' is not an operator: write =="],
    ['1 !== 2', "2: '!==' is not an operator: write !="],
    ['1 <> 2', "2: '<>' is not an operator: write !="],
    ['true & false', "5: '&' is not an operator: write and"],
    ['true ? 1 : 2', '5: there is no ?: here: write if (condition) a else b'],
    ['if (true) then 1 else 2', '10: there is no then: write if (condition) a else b'],
    ['if (true) 1 then 2', '12: there is no then: write if (condition) a else b'],
    ['if (true) 1', '11: this if has no else: write if (condition) a else b'],
    [
      'if (true, 1, 2)',
      "8: expected ')', not , after the condition: write if (condition) a else b",
    ],
    ['if true 1 else 2', "3: expected '(', not true after if: write if (condition) a else b"],
    ['(1 == 1', "7: expected ')' to close the '(' at character 1"],
    ['1 == 1)', "6: this ')' closes nothing"],
    ['[1, 2', "5: expected ']' or a comma, for what opens at character 1"],
    ['1 == ', '5: a value is missing here: the condition ends'],
    ['1 == )', '5: a value is missing here: found )'],
    ['and true', '0: a value is missing before and'],
    ['1 2', '2: unexpected 2 after a whole condition: join with and, or'],
    ['1 not in [2]', '2: write not (value in list)'],
    ['true == not false', '8: put this not in parentheses: (not …)'],
    ['1 < 2 < 3', '6: comparisons do not chain: write a < b and b < c'],
    ["'abc", "0: the string that starts here has no closing '"],
    [String.raw`'a\q'`, String.raw`2: unknown escape \q: write \\ for a backslash`],
    ['“a”', '0: unexpected character “: write strings as \'text\' or "text"'],
    ['1 ; 2', '2: unexpected character ;'],
    ['1e999', '0: the number 1e999 is too large'],
    ['true AND false', '5: unexpected AND after a whole condition: join with and, or'],
    ['NOT true', '0: unknown name NOT: write not'],
    [
      "output.intent == 'x'",
      "0: unknown name output.intent: read data with get('$.output.intent'), write text as 'output.intent'",
    ],
    ["$.a == 'x'", "0: unknown name $.a: read data with get('$.a'), write text as '$.a'"],
    [
      'cout([])',
      /^0: unknown function cout: did you mean count\? Legal: abs, all, any, .*, every, /,
    ],
    ['count()', '0: count does not take 0 arguments: write count(list)'],
    ['lower(1, 2)', '0: lower does not take 2 arguments: write lower(text)'],
    ['contains([1])', '0: contains does not take 1 argument: write contains(list, value)'],
    ['get($.a)', "4: get takes a literal path, as in get('$.output.intent')"],
    ["get('$.a' + 'b')", "10: get takes a literal path, as in get('$.output.intent')"],
    [
      "get('$.a', 1, 2)",
      "12: expected ')', not , after get's path and default: get(path, default)",
    ],
    ["get('a.b')", '5: a path starts with $, as in $.output.intent'],
    [
      '__proto__',
      "0: unknown name __proto__: read data with get('$.__proto__'), write text as '__proto__'",
    ],
    ['constructor(1)', /^0: unknown function constructor: legal/],
    ["len(get('$.a')) > 1", /^0: unknown function len: did you mean length\? Legal: abs, .*, zip$/],
    ['filter([])', /^0: unknown function filter: did you mean where\?/],
    [
      "every(p in get('$.a'), count(get('$.b[?@.id == p.id]')) > 0)",
      /^\d+: a path cannot read p, which is bound outside it: filter with where\(item in get\('\$\.b'\), …\)/,
    ],
    [`every(p in get('$.a'), count(get("$.b[?@.p == 'p' && ]")) > 0)`, /^\d+: not a JSONPath/],
  ])('%s', (text, expected) => {
    if (typeof expected === 'string') expect(error(text)).toBe(expected)
    else expect(error(text)).toMatch(expected)
  })

  it('names a path that may be read where the condition stands', () => {
    const options = { data: 'get', example: '$.args.amount' } as const
    for (const text of ["get('args.amount')", 'get(args)']) {
      const parsed = parseExpression(text, options)
      expect(parsed.ok ? '' : parsed.error.message).toContain('$.args.amount')
    }
  })

  it('bounds the text, its depth and its length', () => {
    expect(error(' '.repeat(10_001))).toContain('at most 10000 characters')
    expect(error('('.repeat(5_000))).toContain('nests at most 100 levels')
    expect(error('!'.repeat(5_000))).toContain('nests at most 100 levels')
    expect(error('not '.repeat(2_000))).toContain('nests at most 100 levels')
    expect(error(`1${'+1'.repeat(4_000)}`)).toContain('at most 500 operators')
    expect(parseExpression(`1${'+1'.repeat(500)}`, { data: 'get' }).ok).toBe(true)
  })

  it('answers for every text, with a position inside it', () => {
    const piece = fc.constantFrom(
      '1',
      "'a'",
      'get',
      '(',
      ')',
      "'$.a'",
      "'$.a[*]'",
      ',',
      '[',
      ']',
      'and',
      'or',
      'not',
      '!',
      '-',
      '==',
      '<',
      'in',
      'if',
      'else',
      'count',
      'x.y',
      'null',
      '%',
      'then',
      '=',
      '\\',
    )
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join(' ')),
    )
    fc.assert(
      fc.property(texts, fc.constantFrom('get' as const, 'names' as const), (text, data) => {
        const parsed = parseExpression(text, { data })
        if (parsed.ok) return
        expect(parsed.error.message).not.toBe('')
        expect(parsed.error.at).toBeGreaterThanOrEqual(0)
        expect(parsed.error.at).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 500 },
    )
  })
})
