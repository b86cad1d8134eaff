import type { ArtifactRules } from '../../../../core/spec/chain-spec.ts'
import { MAX_FINDINGS, type Finding } from '../finding.ts'
import { formatFindings } from './format.ts'
import { seenChars, wholeChars } from './length.ts'
import type { PatternRunner } from '../patterns.ts'
import type { Reading } from '../reading/reading.ts'
import { missingSections } from './sections.ts'

/*
 * The second layer: the composer's directives, held by code (S4.21).
 */

/** What a text lacks of its rules; at most 20 findings. */
export function directiveFindings(
  reading: Reading,
  { rules, patterns }: { readonly rules: ArtifactRules; readonly patterns: PatternRunner },
): readonly Finding[] {
  const { forbid = [], sections = [] } = rules
  return [
    ...lengthFindings(reading.source, rules),
    ...formatFindings(reading.source, rules),
    ...missingSections(reading, { sections, rule: 'sections' }),
    ...forbid.flatMap((pattern) =>
      patterns.forbidden(pattern, { rule: 'forbid', says: 'is forbidden' }),
    ),
  ].slice(0, MAX_FINDINGS)
}

function lengthFindings(text: string, rules: ArtifactRules): readonly Finding[] {
  const { min_chars: least, max_chars: most } = rules
  const short = least === undefined ? null : tooShort(text, { least, rule: 'min_chars' })
  const findings = short === null ? [] : [short]
  const chars = most === undefined ? 0 : wholeChars(text)
  if (most !== undefined && chars > most) {
    const message = `the text has ${chars} characters and may have ${most}; ${chars - most} too many`
    findings.push({ rule: 'max_chars', message })
  }
  return findings
}

/** A finding for a text under a least number of characters, or null: exactly at it is enough. */
export function tooShort(
  text: string,
  { least, rule }: { readonly least: number; readonly rule: string },
): Finding | null {
  const chars = seenChars(text)
  if (chars >= least) return null
  const message = `the text has ${chars} characters and needs ${least}; ${least - chars} more, white space around it and invisible characters not counted`
  return { rule, message }
}
