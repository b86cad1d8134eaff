import {
  assert,
  constantFrom,
  array,
  letrec,
  property,
  string,
  dictionary,
  oneof,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../spec/json.ts'
import {
  holdsReferences,
  isReferenceClaim,
  memberAt,
  readPointer,
  readReference,
  toPointer,
} from './reference.ts'

describe('a reference', () => {
  it.each([
    { text: 'ref:artifact/letter', is: { kind: 'artifact', name: 'letter', version: null } },
    { text: 'ref:artifact/a.b@12', is: { kind: 'artifact', name: 'a.b', version: 12 } },
    { text: 'ref:tool/look', is: { kind: 'tool', name: 'look', call: null, pointer: [] } },
    { text: 'ref:tool/look#c:1', is: { kind: 'tool', name: 'look', call: 'c:1', pointer: [] } },
    {
      text: 'ref:tool/look:/order/id',
      is: { kind: 'tool', name: 'look', call: null, pointer: ['order', 'id'] },
    },
    {
      text: 'ref:tool/look#call_1:/items/0/a~1b',
      is: { kind: 'tool', name: 'look', call: 'call_1', pointer: ['items', '0', 'a/b'] },
    },
    { text: 'ref:slot/name', is: { kind: 'slot', name: 'name', pointer: [] } },
    { text: 'ref:slot/places:/1', is: { kind: 'slot', name: 'places', pointer: ['1'] } },
  ])('$text', ({ text, is }) => {
    expect(isReferenceClaim(text)).toBe(true)
    expect(readReference(text)).toEqual(is)
  })

  it.each([
    'ref:artifact/',
    'ref:artifact/a@0',
    'ref:artifact/a@-1',
    'ref:artifact/a@1/b',
    'ref:artifact/../../etc',
    'ref:tool/',
    'ref:tool/look#',
    'ref:tool/look:',
    'ref:tool/look:order',
    'ref:tool/look:/a~2',
    'ref:tool/look@1',
    'ref:tools/look',
    'ref:slots/name',
    `ref:tool/${'x'.repeat(3000)}`,
  ])('claims to be one, and is none: %s', (text) => {
    expect(isReferenceClaim(text)).toBe(true)
    expect(readReference(text)).toBeNull()
  })

  it.each([
    'see ref:tool/look',
    'ref:tool/look is what I mean',
    ' ref:tool/look',
    'ref:tool/look\n',
    'Ref:tool/look',
    'ref:PR/2024-001',
    'ref:',
    'reference',
    '',
  ])('is no text that has one in it, or is about something else: %j', (text) => {
    expect(isReferenceClaim(text)).toBe(false)
    expect(holdsReferences({ text })).toBe(false)
  })

  it('is read in linear time, whatever it looks like', () => {
    for (const part of ['#', ':/', '/', '@1', '~', '#:']) {
      expect(readReference(`ref:tool/a#${part.repeat(990 / part.length)} `)).toBeNull()
    }
    expect(isReferenceClaim(`ref:tool/${'#:/'.repeat(1_000_000)} `)).toBe(false)
  })
})

describe('among arguments', () => {
  it('is found at any depth, in values and not in names', () => {
    expect(holdsReferences([[{ a: ['ref:slot/x'] }]])).toBe(true)
    expect(holdsReferences({ 'ref:slot/x': 'a' })).toBe(false)
    expect(holdsReferences('ref:slot/x')).toBe(true)
  })

  it('costs no stack, however deep or long they are', () => {
    let deep: Json = 'ref:slot/x'
    for (let level = 0; level < 200_000; level++) deep = [deep]
    expect(holdsReferences(deep)).toBe(true)
    expect(holdsReferences(Array<Json>(500_000).fill('a'))).toBe(false)
  })
})

describe('a pointer', () => {
  it('is written as it is read (RFC 6901)', () => {
    const name = oneof(string(), constantFrom('~', '/', '~1', '', '__proto__'))
    assert(
      property(array(name), (names) => {
        expect(readPointer(toPointer(names))).toEqual(names)
      }),
    )
  })

  it('finds own members and items alone', () => {
    expect(memberAt({ a: 1 }, 'a')).toBe(1)
    expect(memberAt(['x'], '0')).toBe('x')
    for (const name of ['__proto__', 'constructor', 'length', '-', '01', '1', 'toString']) {
      expect(memberAt({ a: 1 }, name)).toBeUndefined()
      expect(memberAt(['x'], name)).toBeUndefined()
      expect(memberAt('text', name)).toBeUndefined()
    }
  })
})

it('is looked for in anything without an exception (property)', () => {
  const text = constantFrom('ref:tool/x', 'ref:', 'a', '__proto__')
  const { tree } = letrec<{ tree: Json }>((tie) => ({
    tree: oneof({ maxDepth: 6 }, text, array(tie('tree')), dictionary(text, tie('tree'))),
  }))
  assert(
    property(tree, (value) => {
      const inValue = JSON.stringify(value)
        .replaceAll(/"[^"]*":/g, '')
        .includes('"ref:tool/x"')
      expect(holdsReferences(value)).toBe(inValue)
    }),
  )
})
