import { wordsOf } from '../words.ts'
import type { Guideline } from './guideline.ts'

/*
 * What a guideline asks for, rule by rule, and which of it a gate holds: prose guides, gates enforce.
 */

/** One rule of a guideline, and the gates that enforce it; none where it only guides. */
export interface GuidelineRule {
  readonly rule: string
  readonly gates: readonly string[]
}

/** A claim of `enforced_by`: the words of the rule (null: every rule), and the gates. */
interface Claim {
  readonly words: string | null
  readonly gates: readonly string[]
}

/** The rules of a guideline with the gates that its `enforced_by` names. */
export function guidelineRules(guideline: Guideline): readonly GuidelineRule[] {
  const claims = claimsOf(guideline)
  return rulesIn(guideline).map((rule) => {
    const held = claims.filter(({ words }) => words === null || speaksOf(rule, words))
    return { rule, gates: [...new Set(held.flatMap(({ gates }) => gates))] }
  })
}

/** What is wrong with `enforced_by`: words that are in no rule. */
export function claimsOfNothing(guideline: Guideline): readonly string[] {
  if (guideline.enforced_by === undefined) return []
  const rules = rulesIn(guideline)
  return claimsOf(guideline).flatMap(({ words }) =>
    words === null || rules.some((rule) => speaksOf(rule, words)) ? [] : [words],
  )
}

/** Every gate that a guideline names. */
export function gatesNamed(guideline: Guideline): readonly string[] {
  return [...new Set(claimsOf(guideline).flatMap(({ gates }) => gates))]
}

function claimsOf({ enforced_by: claim }: Guideline): readonly Claim[] {
  if (claim === undefined) return []
  if (typeof claim === 'string') return [{ words: null, gates: [claim] }]
  if (isList(claim)) return [{ words: null, gates: claim }]
  return Object.entries(claim).map(([words, gates]) => ({
    words,
    gates: typeof gates === 'string' ? [gates] : gates,
  }))
}

function isList(claim: object): claim is readonly string[] {
  return Array.isArray(claim)
}

/** True where all these words are in the rule. */
function speaksOf(rule: string, words: string): boolean {
  const all = new Set(wordsOf(rule))
  return wordsOf(words).every((word) => all.has(word))
}

const BULLET = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(\S.*)$/

/** The words of a Markdown heading, without the marks around them; null of another line. */
export function headingOf(line: string): string | null {
  const words = /^#{1,6}\s+(\S.*)$/.exec(line)?.[1]?.trimEnd()
  if (words === undefined) return null
  // By hand: a pattern for it takes quadratic time on a long line.
  let end = words.length
  while (words[end - 1] === '#') end -= 1
  const closed = end < words.length && /\s/.test(words[end - 1] ?? '')
  return closed ? words.slice(0, end).trimEnd() : words
}

/**
 * Each bullet is a rule, with the lines that go on with it; so is a heading that has no bullets below.
 * Of a text with neither, the title.
 */
function rulesIn({ text, title }: Guideline): readonly string[] {
  const rules: { words: string; readonly heading: boolean }[] = []
  let fenced = false
  let open = false
  for (const line of text.split('\n')) {
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced
    if (fenced) continue
    const bullet = BULLET.exec(line)?.[1]
    const heading = headingOf(line)
    const last = rules.at(-1)
    if (bullet !== undefined) {
      // The heading above only says what its bullets are about.
      if (last?.heading === true) rules.pop()
      rules.push({ words: bullet.trim(), heading: false })
    } else if (heading !== null) {
      rules.push({ words: heading, heading: true })
    } else if (open && last?.heading === false && /^\s+\S/.test(line)) {
      last.words = `${last.words} ${line.trim()}`
    }
    open = bullet !== undefined || (open && line.trim() !== '')
  }
  const [first, ...rest] = rules
  // A first heading that others follow is the title of it all.
  const own = first?.heading === true && rest.length > 0 ? rest : rules
  return own.length === 0 ? [title] : own.map(({ words }) => words)
}
