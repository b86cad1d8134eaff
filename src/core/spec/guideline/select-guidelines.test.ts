import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Guideline } from './guideline.ts'
import { fitGuidelines, guidedInstructions, leastTokens, tokensIn } from './select-guidelines.ts'

function guideline(id: string, more: Partial<Guideline> = {}): Guideline {
  return { id, title: id, text: `${id}. `.repeat(200), summary: `${id} in short`, ...more }
}

describe('a budget of tokens', () => {
  test('where there is room each is there whole, what matters more first', () => {
    const required = [guideline('a'), guideline('b', { priority: 'critical' })]
    const { text, applied } = fitGuidelines({ required, matched: [], budget: 10_000 })
    expect(applied).toMatchObject({ ids: ['b', 'a'], demoted: [], left_out: [], budget: 10_000 })
    expect(text?.indexOf('id="b"')).toBeLessThan(text?.indexOf('id="a"') ?? 0)
  })

  test('what matters less is demoted to its summary, and what only fits the task is left out', () => {
    const required = [guideline('low', { priority: 'supplementary' }), guideline('high')]
    const matched = [guideline('found', { priority: 'supplementary' })]
    const { text, applied } = fitGuidelines({ required, matched, budget: 340 })
    expect(applied).toMatchObject({ ids: ['high', 'low'], demoted: ['low'], left_out: ['found'] })
    expect(applied.tokens).toBeLessThanOrEqual(340)
    expect(text).toContain('low in short')
    expect(text).not.toContain('high in short')
  })

  test('a matched one takes a summary where that is all there is room for', () => {
    const { applied } = fitGuidelines({ required: [], matched: [guideline('a')], budget: 100 })
    expect(applied).toMatchObject({ ids: ['a'], demoted: ['a'], left_out: [] })
  })

  test('a number as priority goes between the words', () => {
    const required = [
      guideline('normal'),
      guideline('sixty', { priority: 60 }),
      guideline('critical', { priority: 'critical' }),
    ]
    const { applied } = fitGuidelines({ required, matched: [], budget: 10_000 })
    expect(applied.ids).toEqual(['critical', 'sixty', 'normal'])
  })

  test('each is there once, also when it is named and matched', () => {
    const both = guideline('a')
    const { text, applied } = fitGuidelines({ required: [both], matched: [both], budget: 10_000 })
    expect(applied.ids).toEqual(['a'])
    expect(text?.split('<guideline ').length).toBe(2)
  })

  test('with none there is no text', () => {
    const { text, applied } = fitGuidelines({ required: [], matched: [], budget: 100 })
    expect(text).toBeNull()
    expect(applied).toMatchObject({ ids: [], tokens: 0 })
    expect(guidedInstructions('Be brief.', text)).toBe('Be brief.')
  })
})

test('scripts without spaces have more tokens than letters have', () => {
  expect(tokensIn('敬語を使う')).toBe(5)
  expect(tokensIn('twelve chars')).toBe(3)
})

test('whatever there is: within the budget, each id once, all that is required', () => {
  const some = fc.array(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 4 }),
      title: fc.string(),
      text: fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }),
      priority: fc.constantFrom('critical' as const, 'normal' as const, 30, 70),
    }),
    { maxLength: 12 },
  )
  const once = (list: readonly Guideline[]): readonly Guideline[] =>
    list.filter((each, at) => list.findIndex(({ id }) => id === each.id) === at)
  fc.assert(
    fc.property(some, some, fc.nat(600), (named, matched, more) => {
      const required = once(named)
      const budget = leastTokens(required) + more
      const { applied } = fitGuidelines({ required, matched, budget })
      expect(applied.tokens).toBeLessThanOrEqual(budget)
      expect(new Set(applied.ids).size).toBe(applied.ids.length)
      expect(applied.ids).toEqual(expect.arrayContaining(required.map(({ id }) => id)))
      const all = new Set([...required, ...matched].map(({ id }) => id))
      expect(applied.ids.length + applied.left_out.length).toBe(all.size)
    }),
  )
})
