import type { PlacedIssue } from './load/loaded-workflow.ts'

/** What a caller of the runtime can do about each error. */
export const ADVICE = {
  invalid_workflow: 'mend what the issues name; `lockstep check FILE` shows them with lines',
  invalid_input: "give an input that fits the workflow's `input` schema",
  unknown_price:
    'give the price in `prices` (USD per million tokens), or take the `usd` limit out of the budget',
  unknown_run: 'list the runs with `lockstep runs list`',
  run_exists: 'leave the id out, or take one that no run has',
  run_busy: 'another driver has the run; wait, or cancel it with `lockstep runs cancel`',
  head_moved: 'look at the run again, and go on from what it says now',
  several_requests: 'say which one: its request (`--request ID`) or its call (`--call ID`)',
  not_waiting:
    '`lockstep runs show RUN` says what it waits for; `lockstep runs list` shows the runs that wait',
  definition_changed:
    'restore the files that the run began with, migrate it with `lockstep runs resume RUN --migrate` (and the same --workflow FILE, if one was given), or start a new run',
  not_forkable: 'fork it at a checkpoint; `lockstep runs checkpoints RUN` lists them',
  no_definition: 'hand the workflow in: it was made in code and cannot be found again by itself',
  invalid_key: '`lockstep audit keygen FILE` makes a key; LOCKSTEP_SIGNING_KEY names its file',
  no_secret_key:
    'give `secretKey` to createRuntime, or set LOCKSTEP_SECRET_KEY to what `openssl rand -base64 32` prints, and keep it away from the runs',
  invalid_secret_key: 'give 32 bytes in base64 or hex, as `openssl rand -base64 32` prints them',
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
