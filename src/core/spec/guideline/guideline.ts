/*
 * What an author writes of guidelines: rules in prose that a model is told (S0.20-S0.22). They guide;
 * only a gate enforces, and a guideline may name the gates that do.
 */

/** Of two guidelines the one that matters more keeps its whole text the longest. */
export type GuidelinePriority = 'critical' | 'normal' | 'supplementary'

/** The gates that enforce a rule: one, several, or by words of the rule. */
export type EnforcedBy =
  | string
  | readonly string[]
  | Readonly<Record<string, string | readonly string[]>>

/** One guideline, as its file says it. */
export interface Guideline {
  readonly id: string
  readonly title: string
  readonly text: string
  /** What stands for it where the budget has no room for the whole; the first paragraph when left out. */
  readonly summary?: string
  readonly tags?: readonly string[]
  /** `normal` when left out; a number goes between them: 100 is critical, 50 normal, 10 supplementary. */
  readonly priority?: GuidelinePriority | number
  /** Applied to every run of a workflow that has guidelines. */
  readonly always?: boolean
  readonly enforced_by?: EnforcedBy
}

/** How sure a match must be: `strict` rather takes none, `broad` takes what has any word in common. */
export type GuidelineMatch = 'balanced' | 'strict' | 'broad'

/** `fast` compares words; `deep` asks the model which apply; `auto` asks it where words find nothing. */
export type GuidelineMode = 'fast' | 'deep' | 'auto'

/** Which guidelines a workflow has. */
export interface GuidelinesSpec {
  /** Applied by name. */
  readonly ids?: readonly string[]
  /** Also those that fit the task; the default where `ids` is left out. */
  readonly match?: GuidelineMatch
  readonly mode?: GuidelineMode
  /** Tokens that they may take, about; 10,000. */
  readonly budget?: number
  /** A path from the workflow's file; `guidelines` when left out. */
  readonly folder?: string
  /** The guidelines themselves: what loading a folder fills in, so that a run keeps them (Law 13). */
  readonly texts?: readonly Guideline[]
}

/** The guidelines of a plan, with every name resolved. */
export interface PlanGuidelines {
  readonly library: readonly Guideline[]
  /** By name or `always`, in that order. */
  readonly required: readonly Guideline[]
  /** Null where none is matched to the task. */
  readonly match: GuidelineMatch | null
  readonly mode: GuidelineMode
  readonly budget: number
}

/** What was applied, as the log has it (S0.22). */
export interface AppliedGuidelines {
  /** In the order in which the model reads them. */
  readonly ids: readonly string[]
  /** Of these, the ones that are there as a summary. */
  readonly demoted: readonly string[]
  /** That fit the task and found no room. */
  readonly left_out: readonly string[]
  readonly tokens: number
  readonly budget: number
  /** How those that fit the task were found. */
  readonly mode: 'fast' | 'deep'
  /** Why it was not the way that was asked for. */
  readonly note?: string
}

/** Tokens when a workflow does not say. */
export const DEFAULT_GUIDELINE_BUDGET = 10_000

const PRIORITIES: Readonly<Record<GuidelinePriority, number>> = {
  critical: 100,
  normal: 50,
  supplementary: 10,
}

/** A priority as a number; more is more. */
export function priorityOf({ priority = 'normal' }: Guideline): number {
  return typeof priority === 'number' ? priority : PRIORITIES[priority]
}

const MAX_SUMMARY = 600

/** What stands for a guideline where there is no room for all of it. */
export function summaryOf({ summary, text, title }: Guideline): string {
  if (summary !== undefined) return summary
  const paragraphs = text.split(/\n\s*\n/).map((each) => each.trim())
  const first = paragraphs.find((each) => each !== '' && !each.startsWith('#')) ?? title
  return first.length <= MAX_SUMMARY ? first : `${first.slice(0, MAX_SUMMARY)}…`
}
