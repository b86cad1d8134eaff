import {
  priorityOf,
  summaryOf,
  type AppliedGuidelines,
  type Guideline,
  type PlanGuidelines,
} from './guideline.ts'
import { matchGuidelines } from './rank-guidelines.ts'

/*
 * Which guidelines a model is told, within a budget: those that matter more keep their whole text,
 * the others are there as a summary, and what only fits the task may be left out.
 */

/** What goes into the system prefix, once per run (Law 12), and what the log says of it. */
export interface SelectedGuidelines {
  /** Null where there is none. */
  readonly text: string | null
  readonly applied: AppliedGuidelines
}

interface Candidates {
  /** Always there, if only as a summary. */
  readonly required: readonly Guideline[]
  /** The best first. */
  readonly matched: readonly Guideline[]
  readonly budget: number
}

/** Chooses by words alone: pure, so that the kernel does it for sub-runs. */
export function selectGuidelines(guidelines: PlanGuidelines, task: string): SelectedGuidelines {
  const { library, required, match, budget } = guidelines
  const found = match === null ? [] : matchGuidelines(library, { task, match })
  const fitted = fitGuidelines({
    required,
    matched: found.map(({ guideline }) => guideline),
    budget,
  })
  return { text: fitted.text, applied: { ...fitted.applied, mode: 'fast' } }
}

/** Fits guidelines into a budget; each id once. */
export function fitGuidelines({ required, matched, budget }: Candidates): SelectedGuidelines {
  const ids = new Set(required.map(({ id }) => id))
  const others = matched.filter(({ id }) => ids.size < ids.add(id).size)
  let left = budget - sum(required.map((each) => tokensIn(shownGuideline(each, { whole: false }))))
  const whole = new Set<string>()
  const demoted = new Set<string>()
  const take = (guideline: Guideline, reserved: number): boolean => {
    const cost = tokensIn(shownGuideline(guideline, { whole: true })) - reserved
    if (cost > left) return false
    left -= cost
    whole.add(guideline.id)
    return true
  }
  for (const each of [...required].toSorted(moreFirst)) {
    if (!take(each, tokensIn(shownGuideline(each, { whole: false })))) demoted.add(each.id)
  }
  // The best fit first, but what is critical before all.
  for (const each of others.toSorted(moreFirst)) {
    if (take(each, 0)) continue
    const cost = tokensIn(shownGuideline(each, { whole: false }))
    if (cost > left) continue
    left -= cost
    demoted.add(each.id)
  }
  const chosen = [...required, ...others].filter(({ id }) => whole.has(id) || demoted.has(id))
  const shown = [...chosen]
    .toSorted(moreFirst)
    .map((each) => ({ each, text: shownGuideline(each, { whole: whole.has(each.id) }) }))
  return {
    text: shown.length === 0 ? null : [HEADING, ...shown.map(({ text }) => text)].join('\n\n'),
    applied: {
      ids: shown.map(({ each }) => each.id),
      demoted: shown.flatMap(({ each }) => (demoted.has(each.id) ? [each.id] : [])),
      left_out: others.flatMap(({ id }) => (whole.has(id) || demoted.has(id) ? [] : [id])),
      tokens: budget - left,
      budget,
      mode: 'fast',
    },
  }
}

const HEADING =
  'Guidelines for all that you write and do. Where two of them differ, the first one holds.'

/** The stable prefix: what the author says first, then the guidelines (Law 12). */
export function guidedInstructions(
  instructions: string | null,
  guidelines: string | null,
): string | null {
  if (guidelines === null) return instructions
  return instructions === null ? guidelines : `${instructions}\n\n${guidelines}`
}

/** Tokens that the guidelines need at least: each as its summary. */
export function leastTokens(guidelines: readonly Guideline[]): number {
  return sum(guidelines.map((each) => tokensIn(shownGuideline(each, { whole: false }))))
}

/** A guideline as a model reads it; the text is the author's, and nothing in it is expanded (Law 16). */
export function shownGuideline(
  guideline: Guideline,
  { whole }: { readonly whole: boolean },
): string {
  const { id, title, text } = guideline
  const summary = summaryOf(guideline)
  // A summary as long as the text would only say less.
  if (whole || summary.length >= text.length) {
    return `<guideline id="${id}" title=${JSON.stringify(title)}>\n${text}\n</guideline>`
  }
  return `<guideline id="${id}" title=${JSON.stringify(title)} summary="true">\n${summary}\n</guideline>`
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu

/** About how many tokens a text has: four letters each, and one for each of scripts without spaces. */
export function tokensIn(text: string): number {
  const dense = text.match(UNSPACED)?.length ?? 0
  return dense + Math.ceil((text.length - dense) / 4)
}

/** A stable sort keeps the order of the author, or of the match, among equals. */
function moreFirst(left: Guideline, right: Guideline): number {
  return priorityOf(right) - priorityOf(left)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
