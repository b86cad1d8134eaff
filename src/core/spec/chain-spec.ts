import type { Json, JsonObject } from './json.ts'
import type { ModelSettings } from './model-settings.ts'

/*
 * What an author writes for the chain of seed 4: artifacts that are composed, gated and verified,
 * slots, and what holds for every prompt of a workflow.
 */

/** Versioned content that passes its gate before it is stored (S4.19). */
export interface ArtifactSpec {
  readonly about?: string
  /** Media type; that of `rules.format` when left out. */
  readonly type?: string
  /** Who writes the content when the planner gives none (S4.3). */
  readonly compose?: ComposeSpec
  /** The composer's directives, held by code (S4.21). */
  readonly rules?: ArtifactRules
  readonly quality?: GoalCriteria
  /** Who scores a stored version before it is published (S4.4). */
  readonly verify?: VerifySpec
  /** Seconds that a version is kept; for ever when left out. */
  readonly ttl?: number
}

export interface ComposeSpec {
  /** A template; the composer's own short prompt. */
  readonly prompt: string
  readonly model?: string
  readonly settings?: ModelSettings
  /** What the composer is handed, by name: paths. All slots and the newest result of each tool when left out. */
  readonly inputs?: Readonly<Record<string, string>>
}

export interface VerifySpec {
  /** A template; the verifier's own short prompt. */
  readonly prompt: string
  readonly model?: string
  readonly settings?: ModelSettings
  /** The least score, of 1 to 10, with which a version is published; 7. */
  readonly pass?: number
  /** Versions in all before the run rests `verification_failed`; 3 (S4.9). */
  readonly attempts?: number
}

/** A section that must be there, under its name or a synonym. */
export type SectionSpec = string | { readonly name: string; readonly synonyms?: readonly string[] }

/** A JavaScript regular expression (`u`, and `i` unless `flags` says otherwise), or one with words for it. */
export type PatternSpec =
  | string
  | { readonly pattern: string; readonly flags?: string; readonly reason?: string }

export interface ArtifactRules {
  /** Characters (Unicode code points) at least. */
  readonly min_chars?: number
  readonly max_chars?: number
  readonly sections?: readonly SectionSpec[]
  readonly forbid?: readonly PatternSpec[]
  readonly format?: 'markdown' | 'json' | 'html' | 'text'
  /** JSON Schema of a `format: json` artifact. */
  readonly schema?: JsonObject
  /** Beyond the built-in list: further placeholders, and texts that are none here. */
  readonly placeholders?: {
    readonly forbid?: readonly PatternSpec[]
    readonly allow?: readonly string[]
  }
}

/** `qa_policy.goal_criteria` of seed 4 (S4.22). */
export interface GoalCriteria {
  readonly description?: string
  readonly required_sections?: readonly SectionSpec[]
  readonly anti_patterns?: readonly PatternSpec[]
  readonly min_length?: number
  readonly quality_checks?: readonly {
    readonly type: 'absent' | 'present'
    readonly patterns: readonly PatternSpec[]
    readonly reason?: string
    readonly min_matches?: number
  }[]
  readonly structural_checks?: readonly {
    readonly type: 'min_paragraphs' | 'min_lines' | 'min_words'
    readonly count: number
  }[]
}

export type SlotType = 'choice' | 'multi_choice' | 'text' | 'number' | 'boolean' | 'file' | 'date'

/** A value that the user gives: in the input, or asked for (S4.33). */
export interface SlotSpec {
  readonly type: SlotType
  readonly question?: string
  /** Without it a slot is asked for only where the planner wants to know. */
  readonly required?: boolean
  /** Of `choice` and `multi_choice`. */
  readonly options?: readonly string[]
  readonly default?: Json
  /** JSON Schema keywords beyond the type: `minLength`, `maximum`, `pattern`, … */
  readonly validation?: JsonObject
  /** Slots that must be filled before this one matters: names, or with the value that each must have. */
  readonly depends_on?: string | readonly string[] | Readonly<Record<string, Json>>
}

/** Which language and conventions answers and artifacts keep to. */
export interface LocaleSpec {
  /** BCP 47, like `de-CH`. */
  readonly language: string
  readonly timezone?: string
  readonly currency?: string
  /** Further rules in words. */
  readonly rules?: readonly string[]
}

/** What is not answered, and what is said instead. */
export interface RefuseSpec {
  readonly topics: readonly string[]
  readonly say?: string
}

/** Where the envelope of a model's turn comes from (S4.14, S4.15). */
export interface DecisionsSpec {
  /** `native`: the model is bound to its schema; `infer` (the default): it is made from the message. */
  readonly mode?: 'native' | 'infer'
  /** When a run's confidence is an event: under `below` for `turns` decisions in a row (S4.18). */
  readonly doubt?: { readonly below: number; readonly turns: number }
}
