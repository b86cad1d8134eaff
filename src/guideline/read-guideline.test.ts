import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readGuideline } from './read-guideline.ts'

function read(text: string): ReturnType<typeof readGuideline> {
  return readGuideline(text, { file: 'guidelines/voice.md', name: 'voice' })
}

/** The first issue as `line: message`. */
function issue(text: string): string {
  const result = read(text)
  const [first] = result.ok ? [] : result.issues
  return `${first?.place.line}: ${first?.message}`
}

test('front matter and text', () => {
  const head =
    'id: brand-voice\ntitle: Brand voice\ntags: [email]\npriority: critical\nalways: true'
  expect(read(`---\n${head}\n---\n\n# Voice\n\nBe brief.\n`)).toEqual({
    ok: true,
    guideline: {
      id: 'brand-voice',
      title: 'Brand voice',
      tags: ['email'],
      priority: 'critical',
      always: true,
      text: '# Voice\n\nBe brief.',
    },
  })
})

test('without front matter the file and the first heading give the names', () => {
  expect(read('\uFEFF# The voice\r\n\r\nBe brief.')).toMatchObject({
    guideline: { id: 'voice', title: 'The voice', text: '# The voice\n\nBe brief.' },
  })
  expect(read('Be brief.')).toMatchObject({ guideline: { id: 'voice', title: 'voice' } })
})

test('a template in it stays text', () => {
  expect(read('Say {{name}}.')).toMatchObject({ guideline: { text: 'Say {{name}}.' } })
})

describe('what is wrong is told with its line', () => {
  test.each([
    ['---\ntitle: x\n', /^1: the front matter that begins here has no end/],
    [
      '---\ntitle: x\npriorty: critical\n---\nx',
      /^3: `priorty` is no key .* did you mean priority\?/,
    ],
    ['---\nid: a b\n---\nx', /^2: `id`: an id is letters/],
    ['---\ntitle: x\npriority: urgent\n---\nx', /^3: `priority` takes critical, normal or/],
    ['---\ntags: email\n---\nx', /^2: `tags` takes a list of texts/],
    ['---\nenforced_by: 3\n---\nx', /^2: `enforced_by` takes a gate, a list/],
    ['---\ntitle: "x\n---\nx', /^\d: /],
    ['---\n- a\n---\nx', /^2: front matter is a map/],
    ['---\ntitle: x\n---\n\n', /^1: it says nothing/],
    ['x'.repeat(100_001), /^1: it has 100001 characters, and a guideline at most 100000/],
  ])('%j', (text, message) => {
    expect(issue(text)).toMatch(message)
  })
})

test('any text is a guideline or has issues with a place in it', () => {
  const line = fc.constantFrom(
    '---',
    '# a',
    '- b',
    'id: x',
    'tags: [',
    'always: 1',
    '',
    '\t',
    '{{x}}',
  )
  const text = fc.array(fc.oneof(line, fc.string()), { maxLength: 12 }).map((all) => all.join('\n'))
  fc.assert(
    fc.property(text, (markdown) => {
      const result = read(markdown)
      if (result.ok) {
        expect(result.guideline.text.trim()).not.toBe('')
        return
      }
      const lines = markdown.split('\n').length
      for (const { place } of result.issues) expect(place.line).toBeLessThanOrEqual(lines + 1)
      expect(result.issues.length).toBeGreaterThan(0)
    }),
  )
})
