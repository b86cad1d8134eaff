import type { CallModel } from '../core/decide/effect.ts'
import type { Event, EventBody } from '../core/log/event.ts'
import type { Fold } from '../core/log/fold.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Mind } from '../mind/mind.ts'
import type { Clock } from '../perform/clock.ts'
import type { Lease, Store } from '../store/store.ts'
import type { ToolRunner } from '../tool/tool.ts'

/** Everything a drive needs. The lease is the caller's to take and to release. */
export interface Drive {
  readonly plan: Plan
  readonly fold: Fold
  readonly store: Store
  readonly lease: Lease
  /** Where the definition came from, for the list of runs. */
  readonly source: string | null
  readonly mind: Mind
  readonly model: string | null
  readonly runners: ReadonlyMap<string, ToolRunner>
  readonly clock: Clock
  /** Events to write first: a start, a message, an answer, a resumption. */
  readonly first: readonly EventBody[]
  /** Aborting parks the run: tools under way are waited for, then the driver lets go. */
  readonly signal: AbortSignal
  /** Called with events once they are committed. */
  readonly onEvents: (events: readonly Event[]) => void
  readonly onText: (delta: string, effect: CallModel) => void
}
