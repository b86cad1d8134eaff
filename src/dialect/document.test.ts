import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { IssuePath } from '../core/spec/issue.ts'
import { readDocument } from './document.ts'

/** `line:column message` of each issue. */
function issuesOf(text: string): readonly string[] {
  const read = readDocument(text)
  return read.ok ? [] : read.issues.map((issue) => `${issue.line}:${issue.column} ${issue.message}`)
}

function place(text: string, path: IssuePath): string {
  const read = readDocument(text)
  if (!read.ok) throw new Error(read.issues[0]?.message)
  const { line, column } = read.locate(path)
  return `${line}:${column}`
}

test('a path is at its key, in a list at the item, else at the nearest ancestor', () => {
  const yaml = 'workflow: w\nsteps:\n  a:\n    tools: [x,\n      y]\n'
  expect(place(yaml, ['steps', 'a', 'tools'])).toBe('4:5')
  expect(place(yaml, ['steps', 'a', 'tools', 1])).toBe('5:7')
  expect(place(yaml, ['steps', 'a', 'prompt'])).toBe('3:3')
  expect(place(yaml, ['gates', 'g', 'on'])).toBe('1:1')
  expect(place('{\n  "a": {\n    "b": 1 }\n}', ['a', 'b'])).toBe('3:5')
  expect(place('', ['a'])).toBe('1:1')
  expect(place('\r\na: 1\r\nb: 2\r\n', ['b'])).toBe('3:1')
})

test('aliases and merge keys are expanded; a place within an alias is that of its anchor', () => {
  const yaml = 'a: &x { p: 1 }\nb: *x\nc: { <<: *x, q: 2 }\n'
  expect(readDocument(yaml)).toMatchObject({
    value: { a: { p: 1 }, b: { p: 1 }, c: { p: 1, q: 2 } },
  })
  expect(place(yaml, ['b', 'p'])).toBe('1:9')
  expect(place(yaml, ['c', 'p'])).toBe('3:1')
})

test('YAML 1.2: on, yes and no are texts; 1.0 is a number', () => {
  expect(readDocument('on: yes\nelse: no\nversion: 1.0\n')).toMatchObject({
    value: { on: 'yes', else: 'no', version: 1 },
  })
})

const BROKEN: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
  ['a key twice', 'a: 1\nb: 2\na: 3\n', /^3:1 the key `a` is written twice/],
  ['a key twice in JSON', '{"a": 1, "a": 2}', /^1:10 the key `a` is written twice/],
  ['a tab', 'a:\n\tb: 1\n', /^2:1 a tab indents this line; YAML takes spaces only/],
  ['two documents', 'a: 1\n---\nb: 1\n', /^2:1 another document begins here/],
  ['an alias of nothing', 'a: 1\nb: *x\n', /^2:4 there is no anchor `&x` before/],
  ['a tag', 'a: !js x\n', /^1:4 the tag `!js` means nothing here/],
  [
    'braces without quotes',
    'a:\n  prompt: {{message}}\n',
    /^2:12 a text that begins with \{\{ needs quotes/,
  ],
  ['a list as a key', '? [a]\n: b\n', /^1:3 a key is a text here/],
  ['a quote that is not closed', 'a: "b\n', /Missing closing "quote/],
  ['JSON without a comma', '{"a": "x" "b": 2}', /^1:11 .*quotes/],
  ['flow nested too deeply', '['.repeat(100_000), /the file is nested too deeply/],
  [
    'JSON nested too deeply',
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    /nested too deeply/,
  ],
]

test.each(BROKEN)('%s is one issue with its place', (_, text, expected) => {
  expect(issuesOf(text)).toEqual([expect.stringMatching(expected)])
})

/** A list of nine items under an anchor. */
function level(name: string, of: string): string {
  return `${name}: &${name} [${Array(9).fill(of).join()}]\n`
}

test('a bomb of aliases is refused', () => {
  const bomb =
    level('a', 'x') +
    'bcdefghi'
      .split('')
      .map((name, at) => level(name, `*${'abcdefgh'[at]}`))
      .join('')
  expect(issuesOf(bomb)).toEqual([
    expect.stringContaining('its aliases (*name) make too much of it'),
  ])
})

test('a file of a megabyte is read, and a key that it repeats 20,000 times is told 20 times', () => {
  const line = `  ${'x'.repeat(40)}`
  const many = (name: (index: number) => string): string =>
    `steps:\n${Array.from({ length: 20_000 }, (_, index) => `${line}${name(index)}: 1\n`).join('')}`
  expect(readDocument(many(String)).ok).toBe(true)
  expect(issuesOf(many(() => ''))).toHaveLength(20)
})

test('total: any text is a value or issues with places', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    '*a',
    '&a ',
    '!t ',
    '<<',
    '|',
    '# ',
    '\t',
    '\u0000',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const read = readDocument(pieces.join(''))
      const places = read.ok ? [read.locate(['a', 0, 'b'])] : read.issues
      for (const { line, column } of places) expect(Math.min(line, column)).toBeGreaterThan(0)
      expect(places.length).toBeGreaterThan(0)
    }),
  )
})
