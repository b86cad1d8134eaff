import type { GoalCriteria } from '../../../../core/spec/chain-spec.ts'
import { MAX_FINDINGS, type Finding } from '../finding.ts'
import { saysSomething } from '../reading/outline.ts'
import { reasonOf, sourceOf, type PatternRunner } from '../patterns.ts'
import type { Reading } from '../reading/reading.ts'
import { tooShort } from './rules.ts'
import { missingSections } from './sections.ts'

/*
 * The third layer: `goal_criteria` of a quality policy, on every artifact (S4.22).
 */

type QualityCheck = NonNullable<GoalCriteria['quality_checks']>[number]
type StructuralCheck = NonNullable<GoalCriteria['structural_checks']>[number]

/** What a text lacks of its quality criteria; at most 20 findings. */
export function qualityFindings(
  reading: Reading,
  { quality, patterns }: { readonly quality: GoalCriteria; readonly patterns: PatternRunner },
): readonly Finding[] {
  const { required_sections: sections = [], anti_patterns: bad = [], min_length: least } = quality
  const short = least === undefined ? null : tooShort(reading.source, { least, rule: 'min_length' })
  return [
    ...missingSections(reading, { sections, rule: 'required_sections' }),
    ...bad.flatMap((pattern) =>
      patterns.forbidden(pattern, { rule: 'anti_patterns', says: 'is an anti-pattern' }),
    ),
    ...(short === null ? [] : [short]),
    ...(quality.quality_checks ?? []).flatMap((check) => checkPatterns(check, patterns)),
    ...(quality.structural_checks ?? []).flatMap((check) => checkStructure(check, reading)),
  ].slice(0, MAX_FINDINGS)
}

/** Matches of all patterns together: `present` needs `min_matches` of them (1), `absent` fails at as many. */
function checkPatterns(check: QualityCheck, patterns: PatternRunner): readonly Finding[] {
  const needed = check.min_matches ?? 1
  const rule = 'quality_checks'
  const why = check.reason === undefined ? '' : `: ${check.reason}`
  if (check.type === 'absent' && needed === 1) {
    return check.patterns.flatMap((pattern) =>
      patterns.forbidden(
        typeof pattern === 'string' && check.reason !== undefined
          ? { pattern, reason: check.reason }
          : pattern,
        { rule, says: 'must be absent' },
      ),
    )
  }
  let matches = 0
  for (const pattern of check.patterns) {
    const found = patterns.count(pattern, { most: needed - matches, rule })
    if (typeof found !== 'number') return [found]
    matches += found
    if (matches >= needed) break
  }
  const shown = check.patterns.map((pattern) => reasonOf(pattern) ?? `/${sourceOf(pattern)}/`)
  const what = shown.slice(0, 6).join(' or ')
  if (check.type === 'absent') {
    if (matches < needed) return []
    return [{ rule, message: `${what} is there ${needed} times or more; accepted are fewer${why}` }]
  }
  if (matches >= needed) return []
  return [
    { rule, message: `${what} must be there ${times(needed)} and is ${times(matches)}${why}` },
  ]
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function checkStructure(check: StructuralCheck, reading: Reading): readonly Finding[] {
  const { type, count: needed } = check
  const rule = 'structural_checks'
  const text = reading.shown.text
  const what = type.slice('min_'.length)
  const count = COUNTERS[type](text, needed)
  return count >= needed
    ? []
    : [
        {
          rule,
          message: `the text has ${count} ${what} and needs ${needed}; ${needed - count} more`,
        },
      ]
}

/** Each counts no further than it needs to. */
const COUNTERS: Readonly<Record<StructuralCheck['type'], (text: string, most: number) => number>> =
  {
    min_paragraphs: countParagraphs,
    min_lines: countLines,
    min_words: countWords,
  }

/** Blocks between blank lines that say something beyond headings. */
function countParagraphs(text: string, most: number): number {
  let count = 0
  for (const block of text.split(/\n[ \t\r]*\n|\uE01E/u)) {
    const said = block.replaceAll(/^[ \t]*#{1,6}(?:[ \t].*)?$|^[ \t]*[=-]{2,}[ \t]*$/gmu, '')
    if (saysSomething(said)) count += 1
    if (count >= most) break
  }
  return count
}

function countLines(text: string, most: number): number {
  let count = 0
  for (const line of text.split('\n')) {
    if (saysSomething(line)) count += 1
    if (count >= most) break
  }
  return count
}

const PIECE = 20_000

/** Words as Unicode separates them, so that Chinese and Japanese have some. */
function countWords(text: string, most: number): number {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' })
  let count = 0
  for (let at = 0; at < text.length;) {
    const cut = text.slice(at + PIECE, at + PIECE + 2000).search(/\s/u)
    const end = cut < 0 ? at + PIECE : at + PIECE + cut
    for (const { isWordLike } of segmenter.segment(text.slice(at, end))) {
      if (isWordLike === true) count += 1
      if (count >= most) return count
    }
    at = end
  }
  return count
}
