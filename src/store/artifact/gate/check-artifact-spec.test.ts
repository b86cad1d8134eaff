import { describe, expect, test } from 'vitest'
import type { ArtifactSpec } from '../../../core/spec/chain-spec.ts'
import { checkArtifactSpec } from './check-artifact-spec.ts'

describe('an artifact’s rules when its workflow is loaded', () => {
  test('sound rules have no problem', () => {
    const spec: ArtifactSpec = {
      rules: {
        min_chars: 5,
        max_chars: 5,
        format: 'json',
        schema: { type: 'object' },
        sections: ['Summary', { name: '背景', synonyms: ['Background'] }],
        forbid: ['^(?=.*x)', '\\bfoo\\b', { pattern: 'A', flags: '' }],
      },
      quality: { min_length: 3, quality_checks: [{ type: 'absent', patterns: ['x'] }] },
    }
    expect(checkArtifactSpec(spec)).toEqual([])
  })

  test.each<[ArtifactSpec, string, string]>([
    [{ rules: { min_chars: 6, max_chars: 5 } }, 'rules.min_chars', 'no text passes'],
    [{ rules: { schema: {} } }, 'rules.schema', 'add `format: json`'],
    [{ rules: { schema: {}, format: 'html' } }, 'rules.schema', 'the format is html'],
    [{ rules: { format: 'json', schema: { type: 'objekt' } } }, 'rules.schema.type', 'legal: '],
    [{ type: 'text/html', rules: { format: 'json' } }, 'type', 'application/json'],
    [
      { rules: { max_chars: 5 }, quality: { min_length: 6 } },
      'quality.min_length',
      'no text passes',
    ],
    [{ rules: { forbid: ['ok', '('] } }, 'rules.forbid.1', 'a JavaScript regular expression'],
    [{ rules: { forbid: ['a*'] } }, 'rules.forbid.0', 'matches even an empty text'],
    [
      { rules: { placeholders: { forbid: ['[z-a]'] } } },
      'rules.placeholders.forbid.0',
      'Range out of order',
    ],
    [{ quality: { anti_patterns: ['\\q'] } }, 'quality.anti_patterns.0', 'Invalid escape'],
    [
      { quality: { quality_checks: [{ type: 'present', patterns: ['a', '*'] }] } },
      'quality.quality_checks.0.patterns.1',
      'Nothing to repeat',
    ],
    [{ rules: { sections: ['***'] } }, 'rules.sections.0', 'no letter or digit'],
    [
      { quality: { required_sections: [{ name: 'A', synonyms: ['-'] }] } },
      'quality.required_sections.0',
      'no letter',
    ],
  ])('%j: %s', (spec, path, message) => {
    const problems = checkArtifactSpec(spec)
    expect(problems.map((problem) => problem.path.join('.'))).toEqual([path])
    expect(problems[0]?.message).toContain(message)
  })
})
