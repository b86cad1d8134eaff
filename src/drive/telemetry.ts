import type { Event } from '../core/log/event.ts'
import type { Plan } from '../core/spec/plan.ts'

/** Follows one run's log for whoever watches runs; it never throws and never waits. */
export interface Follower {
  /** Events that are in the log already: another process told of them, or nobody did. */
  readonly saw: (events: readonly Event[]) => void
  /** Events that this process has just committed. */
  readonly committed: (events: readonly Event[]) => void
}

/**
 * The port to whatever traces runs (issue 5, Operations). It is given what the log holds and nothing
 * else, once that is committed, so it can neither change a run nor fail one.
 */
export interface Telemetry {
  /** Begins to follow a run from its first event. */
  follow(plan: Plan): Follower
  /** Sends what is left; resolves whatever comes of it. The caller of `createRuntime` closes it. */
  close(): Promise<void>
}
