/** The flags of `lockstep eval`. */
export interface EvalFlags {
  readonly repeat: number
  readonly model?: string
  readonly baseline?: string
  /** True: under the name that is compared with, else `BASELINE_FILE`. */
  readonly saveBaseline?: string | true
  readonly junit?: string
  readonly json?: true
}

/** Where a baseline is kept when no file is named. */
export const BASELINE_FILE = 'evals.baseline.json'
