import type { Reason } from '../../core/log/event.ts'
import type { Place } from '../../dialect/document.ts'
import type { PassHat } from './pass-hat.ts'
import type { PromptLength } from '../../core/spec/prompt-lengths.ts'
import type { Regression } from './regression.ts'

/*
 * What `lockstep eval` found out, as data: printed as a table, as JSON, as JUnit XML, or kept as a
 * baseline.
 */

/** A criterion over all runs of its case. */
export interface CheckReport {
  readonly name: string
  readonly kind: 'gate' | 'soft'
  readonly result: 'passed' | 'failed' | 'skipped'
  /** 0 to 1, the mean over the runs; null where one of them could not be measured. */
  readonly score: number | null
  readonly expected: string
  /** Of the first run that did not pass, else of the first. */
  readonly actual: string
  /** In how many runs it failed. */
  readonly failures: number
  /** Where the case says so. */
  readonly place: Place
}

export interface CaseReport {
  /** The eval file from the baseline's folder (or the working folder), `#`, and the case's name. */
  readonly id: string
  readonly file: string
  readonly place: Place
  readonly case: string
  readonly workflow: string
  readonly answered_by: string
  readonly scripted: boolean
  /** Failed where a gate criterion failed in any run; skipped where nobody could answer. */
  readonly result: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped. */
  readonly notice?: string
  readonly runs: number
  /** Runs in which every gate criterion passed. */
  readonly passes: number
  /** True when every run did the same. */
  readonly identical: boolean
  readonly pass_k: readonly PassHat[]
  readonly reasons: readonly (Reason | null)[]
  /** Of the first run. */
  readonly path: readonly string[]
  readonly checks: readonly CheckReport[]
  readonly ms: number
}

export interface EvalReport {
  readonly v: 1
  readonly ok: boolean
  readonly totals: {
    readonly cases: number
    readonly passed: number
    readonly failed: number
    readonly skipped: number
    /** Criteria that nobody could look at. */
    readonly skipped_criteria: number
    readonly runs: number
  }
  /** How often runs ended in `store_artifact_loop_abort` (S4.27). */
  readonly loop_aborts: { readonly runs: number; readonly aborts: number; readonly rate: number }
  /** Over the cases that a model answered; where there are none, over those of scripts. */
  readonly pass_k: readonly PassHat[]
  readonly regressions: readonly Regression[]
  readonly prompts: readonly PromptLength[]
  readonly ms: number
  readonly cases: readonly CaseReport[]
}
