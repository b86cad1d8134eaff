import { expect, test } from 'vitest'
import type { Guideline } from './guideline.ts'
import { claimsOfNothing, gatesNamed, guidelineRules, headingOf } from './guideline-rules.ts'

function of(text: string, enforced_by?: Guideline['enforced_by']): Guideline {
  const claim = enforced_by === undefined ? {} : { enforced_by }
  return { id: 'g', title: 'The title', text, ...claim }
}

function rules(text: string): readonly string[] {
  return guidelineRules(of(text)).map(({ rule }) => rule)
}

test('each bullet is a rule, with the lines that go on with it', () => {
  const text = '# Voice\n\nWords.\n\n- Be brief.\n- Be kind,\n  always.\n\n1. First.\n2) Second.\n'
  expect(rules(text)).toEqual(['Be brief.', 'Be kind, always.', 'First.', 'Second.'])
})

test('a heading without bullets is a rule, but not the title above it', () => {
  expect(rules('# Voice\n\n## Never shout\n\nIt is rude.\n\n## Tone\n\n- Calm.\n')).toEqual([
    'Never shout',
    'Calm.',
  ])
})

test('the marks around a heading are not of it, and a long line takes no time', () => {
  expect(headingOf('## Voice ##')).toBe('Voice')
  expect(headingOf('# C#')).toBe('C#')
  expect(headingOf('#Voice')).toBeNull()
  expect(headingOf(`# a${' #'.repeat(50_000)} b`)).toMatch(/b$/)
})

test('what is in a fence is no rule, and a text with none is one', () => {
  expect(rules('```\n- not a rule\n# nor this\n```\nBe good.')).toEqual(['The title'])
})

test('a map of words says which rules a gate enforces', () => {
  const guideline = of('- Never above 500 euros.\n- Be kind.', { '500 EUROS': ['small', 'asked'] })
  expect(guidelineRules(guideline)).toEqual([
    { rule: 'Never above 500 euros.', gates: ['small', 'asked'] },
    { rule: 'Be kind.', gates: [] },
  ])
  expect(gatesNamed(guideline)).toEqual(['small', 'asked'])
})

test('a gate or a list of them is said of every rule', () => {
  for (const claim of ['small', ['small']]) {
    const all = guidelineRules(of('- a\n- b', claim))
    expect(all.map(({ gates }) => gates)).toEqual([['small'], ['small']])
  }
})

test('a claim about no rule is told', () => {
  expect(claimsOfNothing(of('- Be kind.', { 'be kind': 'g', 'be quick': 'g' }))).toEqual([
    'be quick',
  ])
})
