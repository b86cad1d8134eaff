import { expect, test } from 'vitest'
import { told } from '../given-shape.ts'
import type { SeenArtifact, SeenVersion } from '../measure.ts'
import { checkArtifact } from './artifacts.ts'

function version(known: Partial<SeenVersion>): SeenVersion {
  return { version: 1, digest: 'd1', chars: 10, published: true, score: null, ...known }
}

const contents = new Map([
  ['d1', 'first words'],
  ['d2', 'other words'],
])

function check(written: Parameters<typeof checkArtifact>[1], artifact: SeenArtifact | undefined) {
  return told(checkArtifact('letter', written, { artifact, contents }))
}

test('it is about the newest published version, though a newer one waits', () => {
  const versions = [version({}), version({ version: 2, digest: 'd2', published: false })]
  const artifact = { versions, rejections: {} }
  expect(check({ published: true, version: 1, contains: 'first' }, artifact)).toEqual([
    ['artifacts.letter.published', 'passed', 1],
    ['artifacts.letter.version', 'passed', 1],
    ['artifacts.letter.contains', 'passed', 1],
  ])
})

test('one character short of min_chars fails, exactly at it passes', () => {
  const of = (chars: number): SeenArtifact => ({ versions: [version({ chars })], rejections: {} })
  expect(check({ min_chars: 10 }, of(9))[0]?.[1]).toBe('failed')
  expect(check({ min_chars: 10 }, of(10))[0]?.[1]).toBe('passed')
  expect(check({ max_chars: 10 }, of(11))[0]?.[1]).toBe('failed')
})

test('an artifact that was never stored is not published, and has no text', () => {
  expect(check({ published: false }, undefined)[0]?.[1]).toBe('passed')
  expect(check({ published: true, min_chars: 0, lacks: 'TODO' }, undefined)).toEqual([
    ['artifacts.letter.published', 'failed', 0],
    ['artifacts.letter.min_chars', 'failed', 0],
    ['artifacts.letter.lacks', 'failed', null],
  ])
})

test('rejections are counted by reason, and all of them', () => {
  const artifact = { versions: [], rejections: { placeholder: 2, directive: 1 } }
  const written = { rejections: { placeholder: 2, directive: 1, qa_policy: 0, all: 3 } }
  expect(check(written, artifact).map(([, result]) => result)).toEqual([
    'passed',
    'passed',
    'passed',
    'passed',
  ])
  expect(check({ rejections: { all: 2 } }, artifact)[0]?.[1]).toBe('failed')
})

test('a score comes from a verifier', () => {
  const scored = { versions: [version({ score: 8 })], rejections: {} }
  expect(check({ min_score: 8 }, scored)).toEqual([['artifacts.letter.min_score', 'passed', 0.8]])
  const unscored = { versions: [version({})], rejections: {} }
  expect(check({ min_score: 8 }, unscored)).toEqual([
    ['artifacts.letter.min_score', 'failed', null],
  ])
})

test('several texts are told apart', () => {
  const artifact = { versions: [version({})], rejections: {} }
  expect(check({ contains: ['first', 'last'], matches: '^FIRST' }, artifact)).toEqual([
    ['artifacts.letter.contains[0]', 'passed', 1],
    ['artifacts.letter.contains[1]', 'failed', 0],
    ['artifacts.letter.matches', 'passed', 1],
  ])
})
