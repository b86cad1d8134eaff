/** Why a predicate of a gate does not hold. `undecidable` refuses under any `else` (Law 4). */
export interface Objection {
  /** The rule that does not hold: `limit`, `needs get_customer`. */
  readonly rule: string
  readonly reason: string
  readonly undecidable: boolean
  /** Set where the user's word is all that is missing. */
  readonly confirm?: true
  /** Events that it rests on. */
  readonly facts?: readonly number[]
}

/** A rule that does not hold: the gate's `else` says what now. */
export function failed(rule: string, reason: string): Objection {
  return { rule, reason, undecidable: false }
}

/** A rule that nobody can say to hold or not. */
export function undecidable(rule: string, reason: string): Objection {
  return { rule, reason, undecidable: true }
}
