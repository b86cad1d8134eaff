import type { SeenArtifact, SeenVersion } from '../measure.ts'
import type { WrittenArtifact } from '../read/written-case.ts'
import { found, unmeasured, type Finding } from './finding.ts'

/** The text of a stored version; null where it cannot be had. */
export type Contents = ReadonlyMap<string, string>

const NOTHING: SeenArtifact = { versions: [], rejections: {} }

/**
 * Holds what is said of an artifact against its newest published version (else its newest), and its
 * rejections against what its gate refused (S4.20, S4.24). Contents are by digest.
 */
export function checkArtifact(
  name: string,
  written: WrittenArtifact,
  on: { readonly artifact: SeenArtifact | undefined; readonly contents: Contents },
): readonly Finding[] {
  const { versions, rejections } = on.artifact ?? NOTHING
  const newest = versions.findLast(({ published }) => published) ?? versions.at(-1)
  const text = newest === undefined ? undefined : on.contents.get(newest.digest)
  return [
    ...aboutVersion(name, written, newest),
    ...aboutText(name, written, text),
    ...aboutRejections(name, written, rejections),
  ]
}

function aboutVersion(
  name: string,
  written: WrittenArtifact,
  version: SeenVersion | undefined,
): readonly Finding[] {
  const { published, min_chars, max_chars, min_score } = written
  const chars = version?.chars ?? null
  const score = version?.score ?? null
  const state =
    version === undefined ? 'not stored' : version.published ? 'published' : 'unpublished'
  const findings: Finding[] = []
  const add = (
    key: string,
    expected: string,
    how: { readonly passes: boolean; readonly actual: string; readonly score?: number },
  ): void => {
    findings.push(found({ name: `artifacts.${name}.${key}`, path: [key], expected, ...how }))
  }
  if (published !== undefined) {
    const passes = (version?.published ?? false) === published
    add('published', published ? 'published' : 'not published', { passes, actual: state })
  }
  if (written.version !== undefined) {
    const at = version?.version ?? 0
    add('version', `version ${written.version}`, {
      passes: at === written.version,
      actual: `version ${at}`,
    })
  }
  if (min_chars !== undefined) {
    const passes = chars !== null && chars >= min_chars
    add('min_chars', `at least ${min_chars} characters`, {
      passes,
      actual: chars === null ? state : String(chars),
    })
  }
  if (max_chars !== undefined) {
    const passes = chars !== null && chars <= max_chars
    add('max_chars', `at most ${max_chars} characters`, {
      passes,
      actual: chars === null ? state : String(chars),
    })
  }
  if (min_score !== undefined) {
    const expected = `a score of ${min_score} or more`
    const place = { name: `artifacts.${name}.min_score`, path: ['min_score'], expected }
    if (score === null) findings.push(unmeasured({ ...place, actual: 'no verifier has scored it' }))
    else
      add('min_score', expected, {
        passes: score >= min_score,
        score: score / 10,
        actual: String(score),
      })
  }
  return findings
}

function aboutText(
  name: string,
  written: WrittenArtifact,
  text: string | undefined,
): readonly Finding[] {
  const { contains = [], lacks = [], matches = [] } = written
  const wanted = [
    ...[contains]
      .flat()
      .map((each) => ({ key: 'contains', each, fits: (in_: string) => in_.includes(each) })),
    ...[lacks]
      .flat()
      .map((each) => ({ key: 'lacks', each, fits: (in_: string) => !in_.includes(each) })),
    ...[matches].flat().map((each) => ({
      key: 'matches',
      each,
      fits: (in_: string) => new RegExp(each, 'iu').test(in_),
    })),
  ]
  const keys = new Map<string, number>()
  return wanted.map(({ key, each, fits }) => {
    const index = keys.get(key) ?? 0
    keys.set(key, index + 1)
    const many = wanted.filter((other) => other.key === key).length > 1
    const place = {
      name: `artifacts.${name}.${key}${many ? `[${index}]` : ''}`,
      path: many ? [key, index] : [key],
      expected: `${key} ${JSON.stringify(each)}`,
    }
    if (text === undefined) return unmeasured({ ...place, actual: 'nothing is stored' })
    const passes = fits(text)
    return found({ ...place, passes, actual: passes ? 'so it is' : 'it does not' })
  })
}

function aboutRejections(
  name: string,
  written: WrittenArtifact,
  seen: SeenArtifact['rejections'],
): readonly Finding[] {
  const all = Object.values(seen).reduce((sum, each) => sum + each, 0)
  const told = Object.entries(seen).map(([reason, many]) => `${reason} ${many}`)
  return Object.entries(written.rejections ?? {}).map(([reason, many]) => {
    const times = reason === 'all' ? all : (seen[reason] ?? 0)
    return found({
      name: `artifacts.${name}.rejections.${reason}`,
      path: ['rejections', reason],
      passes: times === many,
      expected: `${many} rejections (${reason})`,
      actual: `${times}${told.length === 0 ? '' : ` of ${told.join(', ')}`}`,
    })
  })
}
