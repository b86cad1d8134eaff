import { describe, expect, test } from 'vitest'
import type { Guideline } from './guideline.ts'
import { matchGuidelines, rankGuidelines } from './rank-guidelines.ts'

const LIBRARY: readonly Guideline[] = [
  { id: 'brand-voice', title: 'Brand voice', tags: ['email'], text: 'Write short sentences.' },
  { id: 'refunds', title: 'Refunds', text: 'Ask for the order number. Money goes back by card.' },
  { id: 'anrede', title: 'Anrede', tags: ['Höflichkeit'], text: 'Kunden werden gesiezt.' },
  { id: 'keigo', title: '敬語', text: 'お客様には敬語を使う' },
  { id: 'secrets', title: 'Secrets', text: 'Never write a password or a card number down.' },
]

function ids(task: string, match: 'balanced' | 'strict' | 'broad' = 'balanced'): readonly string[] {
  return matchGuidelines(LIBRARY, { task, match }).map(({ guideline }) => guideline.id)
}

describe('guidelines by words', () => {
  test('a word of the title or a tag counts more than one of the text', () => {
    expect(ids('Draft an email')[0]).toBe('brand-voice')
    expect(ids('The customer wants a refund to their card')[0]).toBe('refunds')
  })

  test('singular and plural, case and accents are alike', () => {
    expect(ids('REFUND')).toEqual(['refunds'])
    expect(ids('secret passwords')).toEqual(['secrets'])
    expect(ids('hoflichkeit gegenüber Kunden')).toEqual(['anrede'])
  })

  test('scripts without spaces are found by pairs of letters', () => {
    expect(ids('敬語で書く')).toEqual(['keigo'])
  })

  test('words that say nothing find nothing, nor does an empty task', () => {
    expect(ids('What is it that you should do with this, and why?')).toEqual([])
    expect(ids('', 'broad')).toEqual([])
    expect(ids('*** "" -- $$', 'broad')).toEqual([])
  })

  test('strict rather takes none, broad takes whatever has a word in common', () => {
    expect(ids('a card trick', 'strict')).toEqual([])
    expect(ids('a card trick', 'broad')).toEqual(['secrets', 'refunds'])
    expect(ids('card number of an order', 'strict')).toContain('refunds')
  })

  test('the same library and task give the same order, whatever order the library has', () => {
    const task = 'email about a refund of an order by card'
    const forth = rankGuidelines(LIBRARY, task).map(({ guideline }) => guideline.id)
    const back = rankGuidelines(LIBRARY.toReversed(), task).map(({ guideline }) => guideline.id)
    expect(back).toEqual(forth)
  })

  test('of two alike the one that matters more goes first, then by id', () => {
    const text = 'Be kind.'
    const alike = ['cc', 'bb', 'aa'].map((id) => ({ id, title: 'Kind', text }))
    const library = [...alike, { id: 'zz', title: 'Kind', text, priority: 'critical' as const }]
    const found = rankGuidelines(library, 'kind').map(({ guideline }) => guideline.id)
    expect(found).toEqual(['zz', 'aa', 'bb', 'cc'])
  })
})
