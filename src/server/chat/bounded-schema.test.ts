import { describe, expect, it } from 'vitest'
import { compileSchema } from '../../core/spec/json-schema.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import { boundedSchema, isLinear } from './bounded-schema.ts'

describe('a schema that a request brings', () => {
  it('stays as it is where it is quick to check', () => {
    const schema = {
      type: 'object',
      properties: {
        day: { type: 'string', pattern: '^\\d{4}-\\d{2}$' },
        pattern: { type: 'string', enum: ['(a+)+$'] },
        tree: { $ref: '#/$defs/tree' },
      },
      $defs: {
        tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' } } },
      },
      default: { pattern: '^a+$' },
    }
    expect(boundedSchema(schema)).toEqual(schema)
  })

  it('tells the model of a pattern that may backtrack, and does not run it', () => {
    const text = { type: 'string', pattern: '(a+)+$', description: 'A word' }
    const schema = { type: 'object', properties: { text }, patternProperties: { '(b+)+$': {} } }
    const bounded = boundedSchema(schema)
    expect(bounded).toEqual({
      type: 'object',
      properties: { text: { type: 'string', description: 'A word; matches (a+)+$' } },
      patternProperties: {},
    })
    const compiled = compileSchema(bounded ?? {})
    expect(compiled.ok && compiled.check({ text: `${'a'.repeat(40)}!` })).toBeNull()
  })

  it('is refused where its references multiply', () => {
    const level = (next: number): JsonObject => ({
      allOf: [{ $ref: `#/$defs/l${next}` }, { $ref: `#/$defs/l${next}` }],
    })
    const levels = Array.from(
      { length: 40 },
      (_, index) => [`l${index}`, level(index + 1)] as const,
    )
    const $defs = Object.fromEntries([...levels, ['l40', { type: 'string' }]])
    expect(
      boundedSchema({ type: 'object', properties: { a: { $ref: '#/$defs/l0' } }, $defs }),
    ).toBeNull()
    expect(boundedSchema({ $ref: '#' })).toEqual({ $ref: '#' })
  })

  it.each(['enum', 'default', 'patternProperties', '$defs', 'pattern'])(
    'is bounded below a property that is called %s',
    (name) => {
      const properties = { [name]: { type: 'string', pattern: '(a+)+$' } }
      const bounded = boundedSchema({ type: 'object', properties })
      const compiled = compileSchema(bounded ?? {})
      expect(compiled.ok && compiled.check({ [name]: `${'a'.repeat(40)}!` })).toBeNull()
    },
  )

  it.each<[string, (level: number) => JsonObject]>([
    ['written otherwise', (level) => ({ $ref: `#/$defs/%6C${level}` })],
    ['by an anchor', (level) => ({ $ref: `#a${level}` })],
    ['by a name', (level) => ({ $ref: `http://x/${level}` })],
    ['of both kinds', (level) => ({ $ref: '#/none', $dynamicRef: `#/$defs/l${level}` })],
  ])('is refused where references multiply %s', (_, to) => {
    const levels = Array.from({ length: 40 }, (__, index): [string, JsonObject] => [
      `l${index}`,
      { $anchor: `a${index}`, $id: `http://x/${index}`, allOf: [to(index + 1), to(index + 1)] },
    ])
    expect(boundedSchema({ ...to(0), $defs: Object.fromEntries(levels) })).toBeNull()
  })

  it('is refused where it alone would hold the server up for seconds', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`p${index}`, { type: 'string' }]),
    )
    expect(boundedSchema({ type: 'object', properties })).toBeNull()
  })

  it('has no name that another schema could be found under', () => {
    const schema = { $id: 'https://json-schema.org/draft/2020-12/schema', type: 'object' }
    expect(boundedSchema(schema)).toEqual({ type: 'object' })
  })
})

describe('a pattern', () => {
  it.each([
    '^[a-z0-9-]+$',
    '^#([0-9a-f]{3}|[0-9a-f]{6})$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    'abc',
    '^[^@]+$',
    '^(?:a|b)$',
    '^https?://x',
    '^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)$',
  ])('%s is quick', (pattern) => expect(isLinear(pattern)).toBe(true))

  it.each([
    '(a+)+$',
    'a*a*b',
    '^a*a*b',
    '^(a|a)*$',
    '^(a)\\1$',
    '^(?=a).*$',
    'a+$',
    '^(a?){30}a$',
    `^${'a'.repeat(300)}`,
    `^${'a?'.repeat(30)}${'a'.repeat(30)}b`,
    `^${'(a|a)'.repeat(36)}b`,
    '(a|b)(c|d)',
  ])('%s may not be', (pattern) => expect(isLinear(pattern)).toBe(false))
})
