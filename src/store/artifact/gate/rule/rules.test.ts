import { describe, expect, test } from 'vitest'
import type { ArtifactRules, GoalCriteria } from '../../../../core/spec/chain-spec.ts'
import { gateArtifact } from '../artifact-gate.ts'

/** The findings of a text under rules, as one text. */
function said(text: string, rules: ArtifactRules): string {
  return saidUnder(text, { rules })
}

function saidUnder(
  text: string,
  spec: { readonly rules?: ArtifactRules; readonly quality?: GoalCriteria },
): string {
  const gated = gateArtifact(text, { name: 'report', spec })
  if (gated.ok) return 'stored'
  const { reason, findings } = gated.rejection
  return [reason, ...findings.map(({ rule, message }) => `${rule}: ${message}`)].join('\n')
}

describe('length', () => {
  test.each([
    ['a'.repeat(20), 'stored'],
    [
      'a'.repeat(19),
      'directive\nmin_chars: the text has 19 characters and needs 20; 1 more, white space around it and invisible characters not counted',
    ],
    ['😀'.repeat(20), 'stored'],
    [`${'a '.repeat(9)}aa`, 'stored'],
  ])('%j', (text, expected) => {
    expect(said(text, { min_chars: 20 })).toBe(expected)
  })

  test.each([
    ['spaces around', `   ${'a'.repeat(19)}\n\n\n   `],
    ['zero-width spaces', `${'a'.repeat(10)}${'\u200B'.repeat(20)}${'a'.repeat(9)}`],
    ['joiners in a row', `${'a'.repeat(10)}${'\u200D'.repeat(20)}${'a'.repeat(6)}`],
    ['blank braille', `${'a'.repeat(19)}${'\u2800'.repeat(20)}`],
  ])('%s do not bring a text over its minimum', (_, text) => {
    expect(said(text, { min_chars: 20 })).toMatch(/^directive\nmin_chars/)
  })

  test('at its maximum it is stored, one above it is not; a last line break does not count', () => {
    expect(said(`${'é'.repeat(20)}\n`, { max_chars: 20 })).toBe('stored')
    expect(said('é'.repeat(21), { max_chars: 20 })).toContain(
      'has 21 characters and may have 20; 1 too many',
    )
  })
})

describe('sections', () => {
  const rules: ArtifactRules = {
    sections: [{ name: 'Executive Summary', synonyms: ['Overview', 'Résumé'] }],
  }

  test.each([
    '# Executive Summary\n\nText.',
    '## 1. Executive summary:\n\nText.',
    '### 2.1 EXECUTIVE SUMMARY\nText.',
    '## II. Overview\n\nText.',
    '## 📊 Executive Summary\n\nText.',
    '## **Overview**\n\nText.',
    '## Overview: where we stand\n\nText.',
    '## Resume\n\nText.',
    '## Section 3: Overview\n\nText.',
    'Executive Summary\n=================\n\nText.',
    '**Executive Summary**\n\nText.',
    '**Overview:** Text.',
    'Overview: Text.',
    'Overview:\nText.',
    'Executive Summary\n\nText.',
    '# Overview\n\n## Sales\n\nText.',
    '<h2 class="x">Executive <em>Summary</em></h2><p>Text.</p>',
    '{"executive_summary": "Text."}',
    '{"report": {"executiveSummary": ["Text."]}}',
  ])('%j has it', (text) => {
    expect(said(text, rules)).toBe('stored')
  })

  test.each([
    'Text.',
    'The executive summary is missing here.',
    '# Executive Summaries\n\nText.',
    '```\n# Executive Summary\n\nText.\n```\n\nMore text.',
    '<p>Executive summary follows.</p>',
    '{"executive_summary": ""}',
    '{"executive_summary": []}',
    '{"other": "executive_summary"}',
  ])('%j has it not', (text) => {
    expect(said(text, rules)).toMatch(/^directive\nsections: the section/)
  })

  test('says what would be accepted and what is there', () => {
    expect(said('# Sales\n\nText.', rules)).toContain(
      'the section "Executive Summary" is missing; accepted is a heading "Executive Summary" (or "Overview", "Résumé") with content under it; there are "Sales"',
    )
  })
})

describe('forbidden patterns', () => {
  test('are found without regard to case, with the author’s reason', () => {
    const rules: ArtifactRules = {
      forbid: [{ pattern: '\\bguaranteed?\\b', reason: 'we promise nothing' }],
    }
    expect(said('Success is Guaranteed.', rules)).toContain(
      '"Guaranteed" is not accepted: we promise nothing',
    )
    expect(said('Success is likely.', rules)).toBe('stored')
  })

  test.each(['(a+)+$', '(\\w+\\s?)+$'])(
    'the pattern %j that does not finish refuses, and is named',
    (pattern) => {
      const text = `${'a'.repeat(40)}${'aab '.repeat(20_000)}!`
      const answer = said(text, { forbid: [pattern] })
      expect(answer).toContain(`the pattern /${pattern}/`)
      expect(answer).toMatch(/could not be checked|is forbidden/)
    },
  )

  test('all patterns of one artifact share one second', () => {
    const text = `${'a'.repeat(50)}!`
    const answer = said(text, { forbid: ['(a+)+$', '(a+)+b$', 'zebra'] })
    expect(answer.match(/could not be checked/g)).toHaveLength(3)
  })
})

describe('format', () => {
  test.each<[ArtifactRules['format'], string, string]>([
    ['json', '{"a": 1}', 'stored'],
    ['json', '{"a": 1,}', 'the text is no JSON'],
    ['json', '{"a": 1} and more', 'the text is no JSON'],
    ['json', '```json\n{"a": 1}\n```', 'code fence stands around the JSON'],
    ['html', '<p>Text</p>', 'stored'],
    ['html', '<ul><li>One<li>Two</ul><br><img src="a>b.png">', 'stored'],
    ['html', '<p>One<p>Two', 'stored'],
    ['html', '<div><p>Text</p>', '<div> is never closed'],
    ['html', '<div><span>Text</div></span>', '<span> is not closed before </div>'],
    ['html', '<p>Text</b></p>', '</b> closes nothing'],
    ['html', 'Only text.', 'there is no HTML element'],
    ['html', '```html\n<p>Text</p>\n```', 'code fence stands around the HTML'],
    ['html', '<p>Text</p><!-- open', '<!-- is never closed'],
    ['html', '<script>if (a < b) x()</script><p>Text</p>', 'stored'],
    ['markdown', '# Title\n\nText.', 'stored'],
    ['markdown', 'Text.\n\n```ts\ncode', 'a code fence is opened and never closed'],
    ['markdown', '```markdown\n# Title\n\nText.\n```', 'stands around the whole document'],
    ['text', 'Text.\tMore.\n', 'stored'],
    ['text', 'Text\u0000.', 'the control character U+0000'],
    ['text', 'Text \u001B[31mred.', 'the control character U+001B'],
    [undefined, 'Half \uD800 a character.', 'an unpaired surrogate'],
  ])('%s %j: %s', (format, text, expected) => {
    expect(said(text, format === undefined ? {} : { format })).toContain(expected)
  })

  test('JSON fits its schema, and each error is a finding', () => {
    const schema = {
      type: 'object',
      required: ['title', 'price'],
      properties: { title: { type: 'string', minLength: 3 }, price: { type: 'number' } },
    }
    expect(said('{"title": "Chair", "price": 3}', { format: 'json', schema })).toBe('stored')
    expect(said('{"title": "x"}', { format: 'json', schema }).split('\n')).toHaveLength(3)
  })
})

describe('quality', () => {
  test.each<[GoalCriteria, string, string]>([
    [{ required_sections: ['Risks'] }, '# Risks\n\nNone.', 'stored'],
    [{ required_sections: ['Risks'] }, 'None.', 'the section "Risks" is missing'],
    [{ anti_patterns: ['as an AI'] }, 'As an AI, I like it.', '"As an AI" is an anti-pattern'],
    [{ min_length: 5 }, 'abcde', 'stored'],
    [{ min_length: 6 }, 'abcde', 'has 5 characters and needs 6'],
    [
      { quality_checks: [{ type: 'absent', patterns: ['foo'], reason: 'no foo' }] },
      'A foo.',
      'no foo',
    ],
    [
      { quality_checks: [{ type: 'absent', patterns: ['foo'], min_matches: 2 }] },
      'A foo.',
      'stored',
    ],
    [
      { quality_checks: [{ type: 'absent', patterns: ['foo'], min_matches: 2 }] },
      'foo foo',
      '2 times or more',
    ],
    [
      { quality_checks: [{ type: 'present', patterns: ['\\d+%'] }] },
      'Some.',
      '/\\d+%/ must be there once and is 0 times',
    ],
    [
      { quality_checks: [{ type: 'present', patterns: ['\\d+%', '€'], min_matches: 2 }] },
      '5% of 3 €',
      'stored',
    ],
    [{ structural_checks: [{ type: 'min_words', count: 4 }] }, 'Four words are here.', 'stored'],
    [
      { structural_checks: [{ type: 'min_words', count: 5 }] },
      'Four words are here.',
      'has 4 words and needs 5; 1 more',
    ],
    [{ structural_checks: [{ type: 'min_words', count: 4 }] }, '我们今天去北京开会', 'stored'],
    [{ structural_checks: [{ type: 'min_words', count: 2 }] }, '<p>Two words</p>', 'stored'],
    [
      { structural_checks: [{ type: 'min_words', count: 3 }] },
      '<p class="a b c">Two words</p>',
      'has 2 words',
    ],
    [
      { structural_checks: [{ type: 'min_lines', count: 2 }] },
      'One.\n\n\n',
      'has 1 lines and needs 2',
    ],
    [
      { structural_checks: [{ type: 'min_paragraphs', count: 2 }] },
      '# One\n\nTwo.\n\nThree.',
      'stored',
    ],
    [
      { structural_checks: [{ type: 'min_paragraphs', count: 3 }] },
      '# One\n\nTwo.\n\nThree.',
      'has 2 paragraphs',
    ],
    [
      { structural_checks: [{ type: 'min_paragraphs', count: 2 }] },
      '<p>One.</p><p>Two.</p>',
      'stored',
    ],
  ])('%j of %j: %s', (quality, text, expected) => {
    expect(saidUnder(text, { quality })).toContain(expected)
  })
})
