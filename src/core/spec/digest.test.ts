import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { compile, type Library } from './compile/compile.ts'
import { digestOf, sha256Hex } from './digest.ts'
import type { Json, JsonObject } from './json.ts'
import { parseSpec } from './parse-spec.ts'
import type { ToolFacts } from './plan.ts'

const PAY: ToolFacts = { about: 'Pay.', input: { type: 'object' }, effect: 'write' }
const LIBRARY: Library = { tools: new Map([['pay', PAY]]), modules: { './tools.ts': 'aa' } }

/** The digest of a definition; throws with its issues when it is wrong. */
function digest(value: unknown, library: Library = LIBRARY): string {
  const parsed = parseSpec(value)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const compiled = compile(parsed.spec, library)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues))
  return compiled.plan.digest
}

const YAML = `
# A comment.
workflow: refund
version: "1"
about: x
input: { type: object, properties: { message: { type: string } } }
model: a/b
instructions: Be kind.
scope: stable
settings: { temperature: 0, provider: { openai: { store: false } } }
timeout: 10
tools:
  look: { client: true, about: x, input: { type: object, properties: { id: { type: string } } }, output: { type: object }, effect: read, risk: low, trust: trusted }
  get:  { http: { method: POST, url: 'https://x.org/', headers: { a: b }, body: [1], allow: [x.org] }, idempotent: true, undo: look, timeout: 5, retry: { TIMEOUT: { tries: 2 } } }
gates:
  g: { about: x, on: [pay], needs: [look], allow: "true", from: { id: $.input.message }, limit: { calls: 1, per: $.args.id }, else: escalate }
budget: { transitions: 5, iterations: 5, calls: 5, tokens: 5, seconds: 5 }
steps:
  first: { about: x, prompt: hi, tools: [pay, look, get], choose: auto, accept: ["true"], next: [{ to: last, when: "true", after: pay }], reenter: last, budget: { iterations: 2 }, model: c/d, settings: { seed: 1 }, timeout: 7 }
  last:  { prompt: bye, output: { type: object } }
`
const SPEC: JsonObject = parse(YAML)

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same with the keys of every map in another order. */
function shuffled(value: Json, random: () => number): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, random))
  if (!isMap(value)) return value
  const entries = Object.entries(value).map(([key, member]) => ({ key, member, at: random() }))
  const sorted = entries.toSorted((left, right) => left.at - right.at)
  return Object.fromEntries(sorted.map(({ key, member }) => [key, shuffled(member, random)]))
}

test('the digest is that of the content: comments, layout, language and key order do not count', () => {
  const wanted = digest(SPEC)
  expect(wanted).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(digest(parse(`${YAML}\n\n# More.\n`))).toBe(wanted)
  expect(digest(parse(JSON.stringify(SPEC, null, 3)))).toBe(wanted)
  expect(digest({ ...SPEC, $schema: 'x', start: 'first', about: 'x' })).toBe(wanted)
  const start = { ...SPEC, start: 'first' }
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
      const other = shuffled(start, () => stream.next().value ?? 0)
      expect(digest(other)).toBe(wanted)
    }),
    { numRuns: 20 },
  )
})

function inOrder(...names: readonly string[]): unknown {
  const steps = Object.fromEntries(names.map((name) => [name, { prompt: name }]))
  return { workflow: 'w', steps }
}

test('the order of a map of steps counts where it makes the start', () => {
  expect(digest(inOrder('a', 'b'))).not.toBe(digest(inOrder('b', 'a')))
  expect(digest(inOrder('a', 'b', 'c'))).toBe(digest(inOrder('a', 'c', 'b')))
})

/** Every spec that differs from this one by one leaf left out. */
function* without(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.toSpliced(index, 1)
    for (const [index, item] of value.entries()) {
      for (const less of without(item)) yield value.with(index, less)
    }
  } else if (isMap(value)) {
    for (const [key, member] of Object.entries(value)) {
      const { [key]: _, ...rest } = value
      yield rest
      for (const less of without(member)) yield { ...value, [key]: less }
    }
  }
}

test('the digest changes with any part of the definition', () => {
  const seen = new Set([digest(SPEC)])
  let legal = 0
  for (const less of without(SPEC)) {
    const parsed = parseSpec(less)
    if (!parsed.ok || !compile(parsed.spec, LIBRARY).ok) continue
    legal += 1
    seen.add(digest(less))
  }
  expect(legal).toBeGreaterThan(60)
  expect(seen.size).toBe(legal + 1)
})

test("the digest changes with a module's text and with what a tool from outside says of itself", () => {
  const wanted = digest(SPEC)
  const withFacts = (facts: Partial<ToolFacts>): string =>
    digest(SPEC, { ...LIBRARY, tools: new Map([['pay', { ...PAY, ...facts }]]) })
  expect(digest(SPEC, { ...LIBRARY, modules: { './tools.ts': 'bb' } })).not.toBe(wanted)
  expect(withFacts({ about: 'Pay now.' })).not.toBe(wanted)
  expect(withFacts({ input: { type: 'object', required: ['id'] } })).not.toBe(wanted)
  expect(withFacts({ effect: 'read' })).not.toBe(wanted)
  expect(withFacts({ risk: 'high' })).not.toBe(wanted)
  expect(withFacts({ idempotent: true })).not.toBe(wanted)
  expect(withFacts({ check: () => null })).toBe(wanted)
})

test('a tool of the runtime that the workflow does not name does not count', () => {
  const tools = new Map([...LIBRARY.tools, ['other', PAY] as const])
  expect(digest(SPEC, { ...LIBRARY, tools })).toBe(digest(SPEC))
})

test('digests are SHA-256 of canonical JSON', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(digestOf({ b: 1, a: [true, null] })).toBe(`sha256:${sha256Hex('{"a":[true,null],"b":1}')}`)
})
