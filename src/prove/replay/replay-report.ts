/*
 * What a replay comes to, as data.
 */

/** How the cases of one kind came out. */
export interface KindTally {
  readonly total: number
  /** Cases in which a call that must run did not. */
  readonly refused: number
  /** Cases in which a call that must not run did. */
  readonly executed: number
  /** How many calls that must not run each gate objected to. */
  readonly answered_by: Readonly<Record<string, number>>
}

/** How often a gate objected: to calls that must run (wrongly), and to those that must not. */
export interface GateTally {
  readonly must_pass: number
  readonly near_miss: number
  readonly must_block: number
}

/** What stopped or got through where it should not have. */
export interface FailedCall {
  readonly case: string
  readonly event: number
  readonly tool: string
  readonly should: 'run' | 'not run'
  readonly gates: readonly string[]
  readonly message: string
}

/** What every replay comes to, whatever its file; `--json` prints it. */
export interface ReplayTotals {
  readonly must_pass: { readonly total: number; readonly refused: number }
  readonly near_miss: { readonly total: number; readonly refused: number }
  readonly must_block: { readonly total: number; readonly executed: number }
  readonly by_gate: Readonly<Record<string, GateTally>>
  readonly by_kind: Readonly<Record<string, KindTally>>
  /** Ids of the cases that failed, each once. */
  readonly cases: readonly string[]
  readonly failures: readonly FailedCall[]
}

/** Which sentences of the policy a gate holds, and which only the prompt asks for. */
export interface PolicyReport {
  readonly enforced: readonly { readonly id: string; readonly by: readonly string[] }[]
  readonly guided: readonly { readonly id: string; readonly rule: string }[]
}

/** The totals of a file of a policy's cases, and which of its sentences are gates. */
export interface GateReport extends ReplayTotals {
  readonly policy: PolicyReport
}

/** Adds one to a name's count. */
export function countOne(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
