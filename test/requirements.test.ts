import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REQUIREMENTS } from './requirements.ts'

const ROOT = join(import.meta.dirname, '..')
const LAWS = Array.from({ length: 18 }, (_, index) => index + 1)

test('each promise has an id of its own, and a sentence', () => {
  const ids = REQUIREMENTS.map(({ id }) => id)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  expect(ids.filter((id) => !/^(?:S[0-4]\.\d+|Law \d+)$/.test(id))).toEqual([])
  expect(REQUIREMENTS.filter(({ sentence }) => !/^[A-Z].*\.$/.test(sentence))).toEqual([])
})

test.each(REQUIREMENTS)('$id has its proof: $sentence', ({ proof }) => {
  expect(titles(proof.file)).toContain(proof.test)
})

test.each(LAWS)('Law %i is among them', (law) => {
  expect(REQUIREMENTS.map(({ id }) => id)).toContain(`Law ${law}`)
})

/** A text that is a call's first argument of several: what `test`, `it` and `describe` are given. */
const TITLE = /\(\s*(['"])((?:\\.|(?!\1).)*)\1\s*,/g
const CASE = /^- (?:case|name): (.*)$/gm

/** The titles of a file's tests, or of the cases in a YAML file. */
function titles(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  if (file.endsWith('.yaml')) return [...text.matchAll(CASE)].map((found) => found[1] ?? '')
  return [...text.matchAll(TITLE)].map((found) => (found[2] ?? '').replaceAll(/\\(.)/g, '$1'))
}
