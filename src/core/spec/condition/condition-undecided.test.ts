import { expect, test } from 'vitest'
import { compileCondition } from './condition.ts'
import { shownCondition, whyUndecided } from './condition-undecided.ts'

const CONTEXT = {
  args: { amount: '500', none: null },
  tools: { find: { outputs: { all: [] } } },
}

function why(text: string): string {
  const compiled = compileCondition(text)
  if (!compiled.ok) throw new Error(compiled.error.message)
  return whyUndecided(compiled.condition, CONTEXT)
}

test('names what is missing or null, three at most', () => {
  expect(
    why("get('$.tools.find.outputs.latest.tier') == 'gold' and get('$.args.amount') < 5"),
  ).toBe('nothing at $.tools.find.outputs.latest.tier')
  expect(why("get('$.args.none') > get('$.args.none')")).toBe('nothing at $.args.none')
  expect(why("[get('$.a'), get('$.b'), get('$.c'), get('$.d')] == 1")).toBe(
    'nothing at $.a, $.b, $.c and 1 more',
  )
})

test('passes over what has a default, and what is tested against null', () => {
  expect(why("get('$.a', 0) > 1 or get('$.b') == null or get('$.args.amount') < 5")).toBe(
    'a value is missing or of the wrong type; $.args.amount is a string',
  )
})

test('says of which types values are where none is missing, and never a value', () => {
  expect(why("get('$.args') < min(get('$.tools.find.outputs.all[*].price'))")).toBe(
    'a value is missing or of the wrong type; $.args is an object, $.tools.find.outputs.all[*].price is an empty list',
  )
  expect(why("1 < 'x'")).toBe('a value is missing or of the wrong type')
})

test('shows a condition on one line of two hundred characters', () => {
  const compiled = compileCondition(`1 ==\n  ${'1 + '.repeat(200)}1`)
  const shown = compiled.ok ? shownCondition(compiled.condition) : ''
  expect(shown).toMatch(/^1 == 1 \+ .*…$/)
  expect(shown).toHaveLength(201)
})
