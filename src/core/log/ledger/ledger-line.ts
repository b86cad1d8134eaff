import type { EventType, Verdict } from '../event.ts'

/*
 * What an entry of the ledger is, and the words that its readings are made of.
 */

/**
 * One act of enforcement. Every entry has a `verdict`, so that a reader may filter by it alone: what
 * this means for the call or the run it is about. `allow` says that nothing stood in the way;
 * whatever stopped something is `refuse`, whatever waits for a person `approve` or `escalate`.
 */
export interface LedgerEntry {
  /** The event that holds it. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** The type of that event; a gate's answer is `call.judged`. */
  readonly kind: EventType
  /**
   * `kernel` for what a rule concluded, `model` for a call that it made and that went out, `user`, or
   * the name that a person gave; `somebody` where none was.
   */
  readonly by: string
  readonly call: string | null
  readonly tool: string | null
  /** The gate, or the built-in rule: `approval`, `budget`, `rewind` … */
  readonly gate: string
  readonly verdict: Verdict
  readonly reason: string
  /** Sequence numbers of the events that it rests on, ascending. */
  readonly facts?: readonly number[]
  /** The approval request that it is about, or uses up. */
  readonly request?: string
  /** The sub-run that it belongs to. */
  readonly branch?: string
}

/** What an entry says beyond its place: its tool is the call's unless it says so. */
export interface Line extends Pick<LedgerEntry, 'gate' | 'verdict' | 'reason'> {
  readonly by?: string
  readonly call?: string | null
  readonly tool?: string | null
  readonly facts?: readonly number[] | undefined
  readonly request?: string | undefined
}

export function allowed(
  gate: string,
  reason: string,
): Pick<LedgerEntry, 'gate' | 'verdict' | 'reason'> {
  return { gate, verdict: 'allow', reason }
}

export function refused(
  gate: string,
  reason: string,
): Pick<LedgerEntry, 'gate' | 'verdict' | 'reason'> {
  return { gate, verdict: 'refuse', reason }
}

export function because(what: string, reason: string): string {
  return reason === '' ? what : `${what}: ${reason}`
}

export function nameOf(by: string | null): string {
  return by ?? 'somebody'
}

export function listed(calls: readonly string[]): string {
  return calls.join(', ') || 'none'
}

export function keysOf(facts: object): string {
  return Object.keys(facts).join(', ') || 'nothing'
}
