import { decide } from '../core/decide/decide.ts'
import type { Rest } from '../core/log/branch.ts'
import { createDesk } from './desk.ts'
import type { Drive } from './drive-options.ts'
import { createJournal } from './journal.ts'

/*
 * The one loop. Ask `decide`; write down what it records; commit before anything is done (Law 5);
 * start what should be under way; fold what comes back; ask again. It holds no rule of its own.
 */

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
