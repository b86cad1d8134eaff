import type { CallModel } from '../../core/decide/effect.ts'
import type { Event, Pending } from '../../core/log/event.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import type { Continuations, ContinuedAbout } from '../continuation/continuation.ts'
import type { Caller, ServerContext } from '../server-context.ts'
import type { PlanCache } from '../plan-cache.ts'
import type { RecentItems } from './answer/recent-items.ts'
import type { ResponsesBody } from './request/request-schema.ts'

/*
 * One request of `POST /responses`, read and checked: all that is left is to let it run and to write
 * down what came of it.
 */

/** Who wants to hear of a run while it is under way. */
export interface Hooks {
  onText: (delta: string, effect: CallModel) => void
  onEvents: (events: readonly Event[]) => void
}

/** What a request is read with. */
export interface Desk {
  readonly server: ServerContext
  readonly continuations: Continuations
  readonly recent: RecentItems
  readonly plans: PlanCache
  readonly caller: Caller
  readonly body: ResponsesBody
  readonly hooks: Hooks
  /** Aborted when the caller goes away: the run parks. */
  readonly signal: AbortSignal
}

export interface Job {
  readonly run: string
  readonly loaded: LoadedWorkflow
  /** True where the store keeps the run. */
  readonly stored: boolean
  /** The log before this request; what is new comes by `Hooks.onEvents`. */
  readonly before: readonly Event[]
  readonly about: ContinuedAbout
  /** What was asked for and is not there, in words for the caller. */
  readonly warnings: readonly string[]
  /** Lets it run until it rests. */
  readonly begin: () => Promise<RunRecord>
}

/** The calls among those that wait which the caller executes. */
export function clientCalls(record: RunRecord): readonly Pending[] {
  return (record.pending ?? []).filter(
    ({ question, request, slots, gate }) =>
      question === undefined && request === undefined && slots === undefined && gate === undefined,
  )
}
