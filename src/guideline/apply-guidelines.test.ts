import { describe, expect, test } from 'vitest'
import type { Guideline } from '../core/spec/guideline/guideline.ts'
import type { Mind, MindRequest } from '../mind/mind.ts'
import { applyGuidelines } from './apply-guidelines.ts'

const LIBRARY: readonly Guideline[] = [
  { id: 'voice', title: 'Voice of emails', text: 'Be brief.' },
  { id: 'refunds', title: 'Refunds', text: 'Ask for the order.' },
  { id: 'facts', title: 'Facts', text: 'Only facts.', always: true },
]

function answering(text: string, seen: MindRequest[] = []): Mind {
  return {
    answer: (request) => {
      seen.push(request)
      const usage = { input: 0, output: 0, cached: 0 }
      return Promise.resolve({ parts: [{ type: 'text', text }], finish: 'stop', usage })
    },
  }
}

describe('by name', () => {
  test('ids alone are taken as they are, with those that always apply', async () => {
    const { applied } = await applyGuidelines(LIBRARY, { ids: ['refunds'], task: 'an email' })
    expect(applied).toMatchObject({ ids: ['refunds', 'facts'], mode: 'fast' })
  })

  test('an unknown one throws, with the nearest', async () => {
    const wrong = applyGuidelines(LIBRARY, { ids: ['refund'], task: '' })
    await expect(wrong).rejects.toThrow('there is no guideline `refund`; did you mean refunds?')
  })
})

describe('by the task', () => {
  test('fast compares words', async () => {
    const { applied } = await applyGuidelines(LIBRARY, { task: 'write an email' })
    expect(applied).toMatchObject({ ids: ['facts', 'voice'], mode: 'fast' })
    expect(applied.note).toBeUndefined()
  })

  test('deep asks the model with the titles, and takes what is there of its answer', async () => {
    const seen: MindRequest[] = []
    const mind = answering('{"ids":["refunds","made-up"]}', seen)
    const options = { task: 'Their money', mode: 'deep', mind, model: 'm/x' } as const
    const { applied } = await applyGuidelines(LIBRARY, options)
    expect(applied).toMatchObject({ ids: ['facts', 'refunds'], mode: 'deep' })
    expect(seen).toMatchObject([
      {
        model: 'm/x',
        tools: [],
        output: { properties: { ids: { items: { enum: ['voice', 'refunds', 'facts'] } } } },
      },
    ])
    expect(JSON.stringify(seen[0]?.messages)).toContain('refunds: Refunds')
  })

  test.each([
    ['no JSON', answering('voice')],
    ['another shape', answering('["voice"]')],
    ['an error', { answer: () => Promise.reject(new Error('overloaded')) }],
  ])('where the model gives %s, words decide and the log says so', async (_, mind) => {
    const { applied } = await applyGuidelines(LIBRARY, { task: 'emails', mode: 'deep', mind })
    expect(applied).toMatchObject({ ids: ['facts', 'voice'], mode: 'fast' })
    expect(applied.note).toMatch(/^no model chose, so words did: /)
  })

  test('auto asks the model only where words find nothing', async () => {
    const seen: MindRequest[] = []
    const mind = answering('{"ids":["voice"]}', seen)
    const found = await applyGuidelines(LIBRARY, { task: 'refund', mode: 'auto', mind })
    expect(found.applied).toMatchObject({ ids: ['facts', 'refunds'], mode: 'fast' })
    expect(seen).toEqual([])
    const asked = await applyGuidelines(LIBRARY, { task: 'a letter', mode: 'auto', mind })
    expect(asked.applied).toMatchObject({ ids: ['facts', 'voice'], mode: 'deep' })
  })

  test('an embedding model adds what is meant; where it fails, words decide', async () => {
    const embed = (texts: readonly string[]): Promise<number[][]> =>
      Promise.resolve(texts.map((text) => (/mail|letter/.test(text) ? [1, 0] : [0, 1])))
    const meant = await applyGuidelines(LIBRARY, { task: 'a letter', embed })
    expect(meant.applied.ids).toEqual(['facts', 'voice'])
    const broken = (): Promise<number[][]> => Promise.reject(new Error('no quota'))
    const words = await applyGuidelines(LIBRARY, { task: 'refund', embed: broken })
    expect(words.applied).toMatchObject({ ids: ['facts', 'refunds'] })
    expect(words.applied.note).toContain('no quota')
  })
})
