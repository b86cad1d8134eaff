import type { ArtifactSpec, PatternSpec, SectionSpec } from '../../../core/spec/chain-spec.ts'
import type { IssuePath } from '../../../core/spec/issue.ts'
import { compileSchema } from '../../../core/spec/json-schema.ts'
import { messageOf } from '../../../core/spec/message-of.ts'
import { flagsOf, sourceOf } from './patterns.ts'

/*
 * What is wrong with an artifact's rules, said when its workflow is loaded and not when a model has
 * composed for a minute.
 */

/** One thing that is wrong with an artifact's spec, at a path from the artifact. */
export interface SpecProblem {
  readonly path: IssuePath
  readonly message: string
}

/** Rules that cannot be checked, or that no text can pass; each names the legal form. Total. */
export function checkArtifactSpec(spec: ArtifactSpec): readonly SpecProblem[] {
  return [
    ...checkRules(spec),
    ...patternsOf(spec).flatMap(([path, pattern]) => checkPattern(path, pattern)),
    ...sectionsOf(spec).flatMap(([path, section]) => checkSection(path, section)),
    ...checkQuality(spec),
  ]
}

function checkRules({ rules = {}, type }: ArtifactSpec): readonly SpecProblem[] {
  const { min_chars: least, max_chars: most, format, schema } = rules
  const problems: SpecProblem[] = []
  if (least !== undefined && most !== undefined && least > most) {
    const message = `min_chars ${least} is more than max_chars ${most}: no text passes; min_chars is at most max_chars`
    problems.push({ path: ['rules', 'min_chars'], message })
  }
  if (schema !== undefined && format !== 'json') {
    const message = `a schema is for \`format: json\`, and the format is ${format ?? 'left out'}; add \`format: json\` or leave the schema out`
    problems.push({ path: ['rules', 'schema'], message })
  }
  if (schema !== undefined) {
    const compiled = compileSchema(schema)
    if (!compiled.ok) {
      const path = ['rules', 'schema', ...compiled.path]
      problems.push({ path, message: `is no JSON Schema: ${compiled.message}` })
    }
  }
  if (format === 'json' && type !== undefined && !/[/+]json$/u.test(type)) {
    const message = `the type ${type} is not that of \`format: json\`; legal: application/json, or a type that ends in +json`
    problems.push({ path: ['type'], message })
  }
  return problems
}

function checkQuality({ rules, quality }: ArtifactSpec): readonly SpecProblem[] {
  const most = rules?.max_chars
  const least = quality?.min_length
  if (most === undefined || least === undefined || least <= most) return []
  const message = `min_length ${least} is more than rules.max_chars ${most}: no text passes`
  return [{ path: ['quality', 'min_length'], message }]
}

type At<Value> = readonly [IssuePath, Value]

function patternsOf({ rules, quality }: ArtifactSpec): readonly At<PatternSpec>[] {
  return [
    ...numbered(['rules', 'forbid'], rules?.forbid),
    ...numbered(['rules', 'placeholders', 'forbid'], rules?.placeholders?.forbid),
    ...numbered(['quality', 'anti_patterns'], quality?.anti_patterns),
    ...(quality?.quality_checks ?? []).flatMap(({ patterns }, index) =>
      numbered(['quality', 'quality_checks', index, 'patterns'], patterns),
    ),
  ]
}

function sectionsOf({ rules, quality }: ArtifactSpec): readonly At<SectionSpec>[] {
  return [
    ...numbered(['rules', 'sections'], rules?.sections),
    ...numbered(['quality', 'required_sections'], quality?.required_sections),
  ]
}

function numbered<Value>(
  path: IssuePath,
  values: readonly Value[] | undefined,
): readonly At<Value>[] {
  return (values ?? []).map((value, index) => [[...path, index], value])
}

function checkPattern(path: IssuePath, pattern: PatternSpec): readonly SpecProblem[] {
  const source = sourceOf(pattern)
  let compiled: RegExp
  try {
    compiled = new RegExp(source, flagsOf(pattern))
  } catch (error) {
    const message = `${messageOf(error)}; legal is a JavaScript regular expression with the flag u, such as \\bguarantee[ds]?\\b; a character that means something in one is written with a backslash`
    return [{ path, message }]
  }
  // An empty text is short, so this ends however the pattern is nested.
  return compiled.test('') && !/\(\?|[\^$]|\\b/iu.test(source)
    ? [
        {
          path,
          message: `/${source}/ matches even an empty text, so it says nothing; use + instead of *, or leave ? out`,
        },
      ]
    : []
}

function checkSection(path: IssuePath, section: SectionSpec): readonly SpecProblem[] {
  const { name, synonyms = [] } = typeof section === 'string' ? { name: section } : section
  const empty = [name, ...synonyms].find((each) => !/[\p{L}\p{N}]/u.test(each))
  return empty === undefined
    ? []
    : [
        {
          path,
          message: `the section name "${empty}" has no letter or digit; a name is what a heading says`,
        },
      ]
}
