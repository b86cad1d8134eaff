import type { PlacedIssue } from './loaded-workflow.ts'

/** What a caller of the runtime can do about each error. */
export const ADVICE = {
  invalid_workflow: 'mend what the issues name; `lockstep check FILE` shows them with lines',
  invalid_input: "give an input that fits the workflow's `input` schema",
  unknown_run: 'list the runs with `lockstep runs list`',
  run_exists: 'leave the id out, or take one that no run has',
  run_busy: 'another driver has the run; wait, or cancel it with `lockstep runs cancel`',
  not_waiting: "look at the run's reason: it does not wait for this",
  definition_changed: 'restore the files that the run began with, or start a new run',
  no_definition: 'hand the workflow in: it was made in code and cannot be found again by itself',
  newer_log: 'use the newer version of Lockstep that wrote this log',
} as const

export type LockstepErrorCode = keyof typeof ADVICE

/** A call to the runtime that cannot be done. Nothing was written. Recognise it by `code`. */
export class LockstepError extends Error {
  readonly code: LockstepErrorCode
  readonly advice: string
  readonly issues: readonly PlacedIssue[]

  constructor(
    code: LockstepErrorCode,
    message: string,
    options: { readonly issues?: readonly PlacedIssue[]; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'LockstepError'
    this.code = code
    this.advice = ADVICE[code]
    this.issues = options.issues ?? []
  }
}
