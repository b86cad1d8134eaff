import { array, assert, constantFrom, nat, oneof, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ArtifactSpec } from '../../../core/spec/chain-spec.ts'
import { GatedArtifact, gateArtifact, type Gated } from './artifact-gate.ts'
import { HONEST } from './placeholder/given-honest.ts'
import { STUBS } from './placeholder/given-stubs.ts'

function gate(text: string, spec: ArtifactSpec = {}): Gated {
  return gateArtifact(text, { name: 'letter', spec })
}

/** The rules that failed, and in which layer. */
function failed(text: string, spec: ArtifactSpec): string {
  const gated = gate(text, spec)
  if (gated.ok) return 'stored'
  return `${gated.rejection.reason}: ${gated.rejection.findings.map(({ rule }) => rule).join(' ')}`
}

describe('what the gate lets through', () => {
  test('is the text as it was, with its length, size and digest', () => {
    const gated = gate('Grüezi 😀')
    expect(gated.ok && Object.fromEntries(Object.entries(gated.artifact))).toEqual({
      name: 'letter',
      type: 'text/markdown',
      text: 'Grüezi 😀',
      chars: 8,
      bytes: 12,
      digest: 'sha256:04c597c5f3ace35445a95206b83e29cc717ce635f09cecfde5c4ee54f1401b08',
    })
  })

  test.each([
    { spec: { rules: { format: 'json' } }, text: '{"a": 1}', type: 'application/json' },
    { spec: { rules: { format: 'text' } }, text: 'Words.', type: 'text/plain' },
    { spec: { type: 'text/csv' }, text: 'a,b', type: 'text/csv' },
    { spec: {}, text: '<p>Words.</p>', type: 'text/html' },
    { spec: {}, text: '[1]', type: 'application/json' },
  ] as const)('has the type $type', ({ spec, text, type }) => {
    const gated = gate(text, spec)
    expect(gated.ok && gated.artifact.type).toBe(type)
  })

  test('cannot be made by anybody else', () => {
    const gated = gate('Words.')
    if (!gated.ok) throw new Error('refused')
    const { artifact } = gated
    expect(GatedArtifact.is(artifact)).toBe(true)
    expect(Object.isFrozen(artifact)).toBe(true)
    expect(() => new GatedArtifact(Symbol('gate'), artifact)).toThrow('only gateArtifact makes')
    class Sly extends GatedArtifact {}
    expect(() => new Sly(Symbol('gate'), artifact)).toThrow(TypeError)
    expect(() => Reflect.construct(artifact.constructor, [Symbol('gate'), artifact])).toThrow(
      TypeError,
    )
    const copies = [
      Object.assign({}, artifact),
      Object.create(artifact),
      structuredClone(Object.assign({}, artifact)),
      null,
    ]
    expect(copies.filter((copy) => GatedArtifact.is(copy))).toEqual([])
    const forged: unknown = Object.create(GatedArtifact.prototype)
    expect(GatedArtifact.is(forged)).toBe(false)
  })
})

describe('the first layer that fails says all that it found, and only it', () => {
  const spec: ArtifactSpec = {
    rules: { min_chars: 500, sections: ['Background'] },
    quality: { min_length: 900, structural_checks: [{ type: 'min_words', count: 200 }] },
  }

  test('placeholders before rules', () => {
    expect(failed('[TODO] and [Your Name]', spec)).toBe('placeholder: placeholder placeholder')
  })

  test('rules before quality', () => {
    expect(failed('Words.', spec)).toBe('directive: min_chars sections')
  })

  test('quality last', () => {
    const text = `# Background\n\n${'a'.repeat(600)}`
    expect(failed(text, spec)).toBe('qa_policy: min_length structural_checks')
  })

  test('at most twenty findings', () => {
    expect(failed('[TODO]\n\n'.repeat(100), {}).match(/placeholder/g)).toHaveLength(21)
  })
})

describe('a finding says where', () => {
  test('line, column and words of the text as it was handed in', () => {
    const gated = gate('# Report\r\n\r\nAll **well**, 😀 see &#91;TODO: x&#93; here.\r\n')
    expect(gated.ok ? null : gated.rejection.findings).toEqual([
      {
        rule: 'placeholder',
        message:
          '"[TODO: x]" marks unfinished work; write what belongs there, or leave the passage out',
        line: 3,
        column: 21,
        excerpt: 'All **well**, 😀 see &#91;TODO: x&#93; here.',
      },
    ])
  })

  test('in JSON the place is that of the text in it', () => {
    const gated = gate('{\n  "a": "fine",\n  "b": "\\u005bTODO\\u005d"\n}')
    const [finding] = gated.ok ? [] : gated.rejection.findings
    expect(finding).toMatchObject({ line: 3, column: 9 })
  })
})

describe('exceptions and further placeholders', () => {
  test('allow excuses only what it covers', () => {
    const spec: ArtifactSpec = {
      rules: { placeholders: { allow: ['{{unsubscribe_url}}', 'company name', 'TODO app'] } },
    }
    expect(failed('Leave at {{unsubscribe_url}} of [Company Name].', spec)).toBe('stored')
    expect(failed('Leave at {{name}} of [Company Name].', spec)).toBe('placeholder: placeholder')
    expect(failed('[TODO: describe the TODO app]', spec)).toBe('placeholder: placeholder')
  })

  test('forbid adds patterns, after the built-in list', () => {
    const spec: ArtifactSpec = {
      rules: { placeholders: { forbid: ['acme corp', { pattern: 'zzz', reason: 'a test mark' }] } },
    }
    expect(failed('We are Acme Corp. zzz', spec)).toBe('placeholder: placeholder placeholder')
    const gated = gate('zzz', spec)
    expect(gated.ok ? '' : gated.rejection.findings[0]?.message).toBe(
      '"zzz" is not accepted: a test mark; leave it out',
    )
  })
})

describe('what holds of any text', () => {
  const stubs = STUBS.filter(
    (stub) => /^[[{<【［].{3,}[\]}>】］]$/su.test(stub) && /\p{L}/u.test(stub),
  )
  const honest = HONEST.filter((text) => !/[`~$|<>[\]\\]|^\s*[-#]/u.test(text))

  test('a stub between any two words of an honest text is refused', () => {
    const law = property(
      constantFrom(...honest),
      constantFrom(...stubs),
      nat(),
      (text, stub, where) => {
        const gaps = Array.from(text.matchAll(/ /g), ({ index }) => index)
        const at = gaps[where % Math.max(1, gaps.length)] ?? text.length
        return !gate(`${text.slice(0, at)} ${stub}${text.slice(at)}`).ok
      },
    )
    assert(law, { numRuns: 400 })
  })

  test('honest texts one after another are let through, again and again, with one digest', () => {
    const law = property(
      array(constantFrom(...honest), { minLength: 1, maxLength: 4 }),
      (texts) => {
        const first = gate(texts.join('\n\nAnd another matter.\n\n'))
        if (!first.ok) return false
        const again = gate(first.artifact.text)
        return again.ok && again.artifact.digest === first.artifact.digest
      },
    )
    assert(law, { numRuns: 200 })
  })

  test('no text makes it throw', () => {
    const units = [
      '[',
      ']',
      '{{',
      '}}',
      '<',
      '>',
      '`',
      '```\n',
      '# ',
      '\n',
      '"',
      '\\',
      '-- ',
      '\uD800',
    ]
    const pieces = array(oneof(constantFrom(...units), string({ unit: 'binary' })))
    const formats = constantFrom('markdown', 'json', 'html', 'text', undefined)
    const law = property(pieces, formats, (parts, format) => {
      const rules = format === undefined ? {} : { format, sections: ['Summary'] }
      const gated = gate(parts.join(''), { rules })
      expect(gated.ok || gated.rejection.findings.length > 0).toBe(true)
    })
    assert(law, { numRuns: 300 })
  })
})

describe('five megabytes', () => {
  const size = 5_000_000
  const paragraph = 'The third quarter went well, and sales grew by 5% in [2], she said.\n\n'
  const long = paragraph.repeat(size / paragraph.length)

  test('an honest document is stored', () => {
    expect(failed(long, { rules: { min_chars: 1_000_000 } })).toBe('stored')
  })

  test('one stub at its end is found', () => {
    expect(failed(`${long}[TODO: finish]`, {})).toBe('placeholder: placeholder')
  })

  test.each([
    '[',
    '{',
    '<',
    '(',
    '`',
    '_',
    'a',
    'X',
    '\n',
    '<!--',
    '"',
    '\\',
    '# ',
    '| ',
    '[a',
    '{{',
  ])('of %j come to an end', (unit) => {
    expect(failed(unit.repeat(size / unit.length), {})).toMatch(/^(?:stored|placeholder)/)
  })
})
