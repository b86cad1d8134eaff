/*
 * What an author writes of memory: notes that outlive a run (S0.21, S0.23).
 */

/** How many notes one question to a memory gives at most. */
export const MAX_NOTES = 50

/** Whose memory a workflow has, what it is reminded of, and what it keeps (DESIGN §3). */
export interface MemorySpec {
  /** A template over the input, session, user and slots: whose memory it is. */
  readonly record: string
  /** Notes of the record enter the transcript before the first step, as data. */
  readonly recall?: boolean | RecallSpec
  /** The user's words and the final output are kept when a turn completes. */
  readonly memorize?: boolean | MemorizeSpec
}

export interface RecallSpec {
  /** Notes at most; 10. */
  readonly limit?: number
  /** A template: only notes that match it. Without it those that match the message, then the newest. */
  readonly query?: string
}

export interface MemorizeSpec {
  /** Also what tools answered in the turn. */
  readonly capture_tool_results?: boolean
}
