import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from './compile/compile.ts'
import { pathText } from './issue.ts'
import { parseSpec } from './parse-spec.ts'

/** Every issue as `path: message`. */
function issuesOf(value: unknown): readonly string[] {
  const parsed = parseSpec(value)
  return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${pathText(path)}: ${message}`)
}

const STEPS = { a: { prompt: 'hi' } }

test('a workflow is read; an editor’s $schema is no part of it', () => {
  expect(parseSpec({ $schema: './s.json', workflow: 'w', steps: STEPS })).toEqual({
    ok: true,
    spec: { workflow: 'w', steps: STEPS },
  })
})

test('an undefined member is an absent one, as TypeScript authors write it', () => {
  expect(issuesOf({ workflow: 'w', about: undefined, steps: STEPS })).toEqual([])
})

test('one slip gives one issue: the key that was meant is not also missing', () => {
  expect(issuesOf({ workflow: 'w', steps: { a: { promt: 'hi' } } })).toEqual([
    expect.stringMatching(
      /^steps\.a\.promt: unknown key `promt`; did you mean prompt\? Legal: about/,
    ),
  ])
})

test("other tools' words lead to ours", () => {
  const tools = { t: { client: true, description: 'x', parameters: {} } }
  expect(issuesOf({ workflow: 'w', system: 'x', tools, steps: STEPS })).toEqual([
    expect.stringContaining('did you mean about?'),
    expect.stringContaining('did you mean input?'),
    expect.stringContaining('did you mean instructions?'),
  ])
})

function step(more: object): unknown {
  return { workflow: 'w', steps: { a: { prompt: 'hi', ...more } } }
}

test('of a union, the issue is about the branch that the author meant', () => {
  expect(issuesOf(step({ choose: { tol: 'x' } }))).toEqual([
    expect.stringMatching(/^steps\.a\.choose\.tol: unknown key/),
  ])
  expect(issuesOf(step({ choose: 'requird' }))).toEqual([
    'steps.a.choose: expected auto or required or none or a map with tool, got the text "requird"; did you mean required?',
  ])
  expect(issuesOf(step({ next: { to: 'a' } }))).toEqual([
    'steps.a.next: expected a text or a list of maps with to (and, if wanted, when, after), got a map',
  ])
  expect(issuesOf(step({ next: ['a'] }))[0]).toMatch(/write \{ to: a \}$/)
  expect(issuesOf(step({ next: [{ to: 'a', wen: 'x' }] }))[0]).toMatch(/^steps\.a\.next\[0\]\.wen/)
  expect(issuesOf({ workflow: 'w', steps: [{ prompt: 5 }] })[0]).toMatch(/^steps\[0\]\.prompt/)
})

function wrong(more: object): string {
  return issuesOf({ workflow: 'w', steps: STEPS, ...more })[0] ?? ''
}

test('numbers, lengths and kinds are told in plain words', () => {
  expect(wrong({ timeout: 0 })).toContain('must be more than 0')
  expect(wrong({ timeout: '30s' })).toBe(
    'timeout: expected a number (seconds for one model call), got the text "30s"',
  )
  expect(wrong({ budget: { calls: 1.5 } })).toContain('a whole number')
  expect(wrong({ version: 1 })).toContain('got the number 1; to make it a text, put it in quotes')
  expect(wrong({ about: 'x'.repeat(200_001) })).toContain('more than 200000 characters')
  expect(wrong({ tools: [] })).toContain('got a list')
  expect(wrong({ steps: [] })).toContain('give at least one')
  expect(wrong({ tools: { 'my tool': {} } })).toContain('`my tool` is not a legal name')
  expect(wrong({ tools: { t: { client: 'yes' } } })).toContain('YAML 1.2 knows only true and false')
})

test('total: any value is read or gives issues, and a huge one gives few', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const parsed = parseSpec(value)
      expect(parsed.ok || parsed.issues.length > 0).toBe(true)
    }),
  )
  const steps = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, n) => [`s${n}`, { promt: 'x' }]),
  )
  expect(issuesOf({ workflow: 'w', steps })).toHaveLength(101)
})

const odd = fc.oneof(
  fc.constantFrom('constructor', '$.args.x', '{{#if', 'b'),
  fc.string({ maxLength: 12 }),
)
/** Mostly one of the legal ones. */
const mostly = <T>(...legal: readonly T[]): fc.Arbitrary<T | string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...legal) }, { weight: 1, arbitrary: odd })
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 1 })
const schema = fc.oneof(
  fc.constant({ type: 'object', properties: { x: { type: 'number' } } }),
  fc.dictionary(fc.constantFrom('type', 'properties', '$ref'), fc.jsonValue({ maxDepth: 3 })),
)
const condition = mostly("get('$.input.x') == 1", "count(get('$.tools.t.outputs.all')) > 0")
const path = mostly('$.input.x', '$.tools.t.outputs.all[*].id')
const tool = mostly('t', 'finish')
const stepName = mostly('a', 'toString')
/** Specs that look right, so that many of them come past the schema and some past the compiler. */
const nearlySpec = fc.record({
  workflow: fc.constant('w'),
  input: maybe(schema),
  instructions: maybe(mostly('You are {{x}}')),
  start: maybe(mostly('a')),
  tools: fc.record({
    t: fc.record({ client: fc.constant(true), undo: maybe(tool), input: maybe(schema) }),
  }),
  gates: fc.dictionary(
    fc.constantFrom('g', 'scope', 'hasOwnProperty'),
    fc.record({
      on: fc.oneof(tool, fc.array(tool, { minLength: 1, maxLength: 2 })),
      needs: maybe(fc.array(tool, { minLength: 1, maxLength: 2 })),
      allow: mostly("get('$.args.x') == 1"),
      from: maybe(fc.dictionary(mostly('x', 'an id'), path, { maxKeys: 2 })),
      limit: maybe(fc.record({ calls: fc.integer({ min: 0, max: 3 }), per: maybe(path) })),
    }),
  ),
  steps: fc.record({
    a: fc.record({
      prompt: mostly('hi {{x}}', '{{#if x}}x{{/if}}'),
      tools: maybe(fc.array(tool, { maxLength: 3 })),
      output: maybe(schema),
      accept: maybe(fc.array(condition, { minLength: 1, maxLength: 2 })),
      next: maybe(
        fc.oneof(
          stepName,
          fc.array(fc.record({ to: stepName, when: maybe(condition) }), { maxLength: 3 }),
        ),
      ),
      reenter: maybe(stepName),
    }),
    toString: fc.record({ prompt: mostly('hi') }),
  }),
})

test('total: what is nearly a workflow gives a plan or issues, never an exception', () => {
  let plans = 0
  fc.assert(
    fc.property(nearlySpec, (value) => {
      const parsed = parseSpec(value)
      if (!parsed.ok) return
      const compiled = compile(parsed.spec, { tools: new Map() })
      if (compiled.ok) plans += 1
      else expect(compiled.issues.some((issue) => issue.severity === 'error')).toBe(true)
    }),
    { numRuns: 500 },
  )
  expect(plans).toBeGreaterThan(0)
})
