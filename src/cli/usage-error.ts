import type { PlacedIssue } from '../drive/load/loaded-workflow.ts'

/** What was asked cannot be done as it was asked: exit code 2. Nothing was written. */
export class UsageError extends Error {
  readonly advice: string | null
  readonly issues: readonly PlacedIssue[]

  constructor(
    message: string,
    options: {
      readonly advice?: string
      readonly issues?: readonly PlacedIssue[]
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'UsageError'
    this.advice = options.advice ?? null
    this.issues = options.issues ?? []
  }
}
