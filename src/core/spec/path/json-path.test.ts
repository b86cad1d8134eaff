import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../json.ts'
import { compilePath, type JsonPath } from './json-path.ts'

function path(text: string): JsonPath {
  const compiled = compilePath(text)
  if (!compiled.ok) throw new Error(compiled.error.message)
  return compiled.path
}

function error(text: string): { message: string; at: number } {
  const compiled = compilePath(text)
  if (compiled.ok) throw new Error(`${text} compiled`)
  return compiled.error
}

interface SuiteTest {
  name: string
  selector: string
  document?: JsonObject
  result?: Json[]
  results?: Json[][]
  invalid_selector?: boolean
}

const root = resolve(import.meta.dirname, '../../../..')
const suiteFile = resolve(root, process.env.LOCKSTEP_DATA ?? '../shared/data', 'jsonpath-cts.json')
const suite: { tests: SuiteTest[] } = existsSync(suiteFile)
  ? JSON.parse(readFileSync(suiteFile, 'utf8'))
  : { tests: [] }

describe('the public JSONPath suite', () => {
  it.skipIf(suite.tests.length === 0)('passes, with match and search rejected', () => {
    const wrong = suite.tests.filter((test) => {
      const compiled = compilePath(test.selector)
      if (test.invalid_selector === true || /\b(match|search)\s*\(/.test(test.selector)) {
        return compiled.ok
      }
      if (!compiled.ok || test.document === undefined) return true
      const selected = JSON.stringify(compiled.path.select(test.document))
      return !(test.results ?? [test.result]).some((one) => JSON.stringify(one) === selected)
    })
    expect(wrong.map((test) => `${test.name}: ${test.selector}`)).toEqual([])
    expect(suite.tests.length).toBeGreaterThan(600)
  })
})

describe('compilePath', () => {
  it('walks a singular path over own properties', () => {
    const { singular, root, names, select, find } = path("$.tools['a b'].outputs.all[-1].id")
    expect({ singular, root, names }).toEqual({
      singular: true,
      root: 'tools',
      names: ['tools', 'a b', 'outputs', 'all', -1, 'id'],
    })
    const context = { tools: { 'a b': { outputs: { all: [{ id: 1 }, { id: null }] } } } }
    expect(select(context)).toEqual([null])
    expect(find(context)).toBeNull()
    expect(find({})).toBeUndefined()
  })

  it.each(['__proto__', 'constructor', 'toString'])('finds no inherited %s', (name) => {
    expect(path(`$.${name}`).find({})).toBeUndefined()
    expect(path(`$.a.${name}`).find({ a: [] })).toBeUndefined()
    expect(path(`$.a[?@.${name}]`).select({ a: [{}] })).toEqual([])
  })

  it('reads a name neither as an index nor of a list', () => {
    expect(path("$.a['0']").find({ a: [1] })).toBeUndefined()
    expect(path('$.a.length').find({ a: [1] })).toBeUndefined()
    expect(path('$.a[0]').find({ a: { 0: 1 } })).toBeUndefined()
  })

  it.each<[string, string | null, string[] | null]>([
    ['$.output.intent', 'output', ['output']],
    ['$.tools.x[?@.id == 1]', 'tools', ['tools']],
    ['$.tools.x[?@.id == $.output.id]', null, ['tools', 'output']],
    ['$.tools[?count(@[?@.id == $.output.id]) > 0]', null, ['tools', 'output']],
    ["$['output','tools'].x", null, ['output', 'tools']],
    ['$.tools.x[?$..y]', null, null],
    ['$..output', null, null],
    ['$[*]', null, null],
    ['$[0]', null, null],
    ['$', null, null],
  ])('says what %s reads', (text, root, roots) => {
    expect(path(text).root).toBe(root)
    expect(path(text).roots).toEqual(roots === null ? null : new Set(roots))
  })

  it('rejects regular expressions and says why', () => {
    expect(error('$.a[?match(@, "(a+)+b")]')).toEqual({
      message:
        'match() is not available in a path, because its regular expression can hang; ' +
        'the functions are count, length and value',
      at: 5,
    })
    expect(error('$.a[?search(@.b, "x")]').message).toContain('search() is not available')
  })

  it('says where a path is wrong', () => {
    expect(error('output.intent')).toEqual({
      message: 'a path starts with $, as in $.output.intent',
      at: 0,
    })
    expect(error('$.a[').at).toBe(4)
    expect(error(`$${'.a'.repeat(2_000)}`).message).toBe('a path has at most 2000 characters')
    expect(error(`$[?${'('.repeat(900)}@.a`).message).toContain('not a JSONPath')
  })

  it('selects from long lists and deep documents', () => {
    const list = Array.from({ length: 200_000 }, (_, index) => index)
    expect(path('$.a[*]').select({ a: list })).toHaveLength(200_000)
    let deep: JsonObject = { id: 1 }
    for (let depth = 0; depth < 5_000; depth++) deep = { deep }
    expect(path('$..id').select(deep)).toEqual([1])
    expect(path('$.x[?@..id]').select({ x: [deep] })).toEqual([deep])
  })

  it('never throws, whatever the text and the context', () => {
    const piece = fc.constantFrom(
      '$',
      '.',
      '..',
      'a',
      '[',
      ']',
      '*',
      '?',
      '@',
      '(',
      ')',
      '==',
      '1',
      "'a'",
      ',',
      ':',
      '!',
      '&&',
      'count(',
      'length(',
      '~',
      '#',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((parts) => `$${parts.join('')}`),
          fc.string(),
        ),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (text, context) => {
          const compiled = compilePath(text)
          if (compiled.ok) compiled.path.select(JSON.parse(JSON.stringify(context)))
        },
      ),
    )
  })
})
