import { decide } from '../core/decide/decide.ts'
import type { CallModel } from '../core/decide/effect.ts'
import type { Event, EventBody } from '../core/log/event.ts'
import type { Fold } from '../core/log/fold.ts'
import type { Rest } from '../core/log/state.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Mind } from '../mind/mind.ts'
import type { Clock } from '../perform/clock.ts'
import type { Lease, Store } from '../store/store.ts'
import type { ToolRunner } from '../tool/tool.ts'
import { createDesk } from './desk.ts'
import { createJournal } from './journal.ts'

/*
 * The one loop. Ask `decide`; write down what it records; commit before anything is done (Law 5);
 * start what should be under way; fold what comes back; ask again. It holds no rule of its own.
 */

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

/** Why a drive ended: the run rests, or its driver was asked to stop while work was left. */
export type Driven = { readonly type: 'rested'; readonly rest: Rest } | { readonly type: 'parked' }

/**
 * Drives a run until it rests. Rejects with a StoreError when the log can no longer be written: then
 * nothing more is done, and what was committed stands.
 */
export async function drive(options: Drive): Promise<Driven> {
  const { plan, fold } = options
  const journal = createJournal(options)
  const desk = createDesk(options)
  journal.record(options.first)
  try {
    for (;;) {
      const move = decide(plan, fold.state)
      if (move.type === 'record') {
        journal.record(move.events)
        continue
      }
      if (await journal.commit()) {
        desk.cancel()
        journal.record([{ type: 'cancel.requested' }])
        continue
      }
      if (move.type === 'rest') {
        const { reason, message } = move
        return {
          type: 'rested',
          rest: { reason, message, pending: fold.state.rest?.pending ?? [] },
        }
      }
      if (!options.signal.aborted) desk.start(move.effects)
      if (desk.isEmpty()) return { type: 'parked' }
      const event = await desk.next()
      if (event !== null) journal.record([event])
    }
  } finally {
    desk.cancel()
  }
}
