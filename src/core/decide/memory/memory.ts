import type { State } from '../../log/state.ts'
import type { Plan } from '../../spec/plan.ts'
import { askMissing } from '../slot/slots-ask.ts'
import { templateScopes } from '../context.ts'
import { perform, record, rest, type Move } from '../move.ts'
import { recordOf } from './record.ts'

/*
 * What a workflow's `memory` does by itself: notes before the first step, and what a turn leaves when
 * it completes (S0.21, S0.23). A memory that does not answer stops no run; whose memory it is must be
 * known.
 */

const MAX_QUERY_CHARS = 4_000

/** Asks for the notes of the record, once for each run and sub-run; null where nothing is to be asked. */
export function recallFirst(plan: Plan, state: State): Move | null {
  const recall = plan.memory?.recall ?? null
  if (recall === null || state.branch.memory.recalled !== null) return null
  const whose = recordOf(plan, state)
  if (whose === null) return null
  if (!whose.ok) return askMissing(plan, state) ?? rest('transition_failed', whose.message)
  const rendered = recall.query?.render(templateScopes(plan, state)) ?? null
  if (rendered !== null && !rendered.ok) {
    const message = `memory.recall.query: ${rendered.error.message}`
    return askMissing(plan, state) ?? rest('transition_failed', message)
  }
  const { message } = state.branch.input
  const said = typeof message === 'string' && message.trim() !== '' ? message : null
  const query = rendered?.text ?? said
  return perform({
    type: 'recall-memory',
    record: whose.record,
    query: query === null ? null : query.slice(0, MAX_QUERY_CHARS),
    fill: rendered === null,
    limit: recall.limit,
  })
}

/** Keeps what the turn said and came to, before it rests `completed`; null once that was tried. */
export function keepFirst(plan: Plan, state: State): Move | null {
  const memorize = plan.memory?.memorize ?? null
  const { memory, checkpoints } = state.branch
  if (memorize === null || memory.kept?.turn === state.turn) return null
  const whose = recordOf(plan, state)
  if (whose === null) return null
  if (!whose.ok) {
    const error = { code: 'unknown_record', message: whose.message, executed: false }
    return record({ type: 'memory.failed', during: 'keep', error })
  }
  return perform({
    type: 'keep-memory',
    record: whose.record,
    after: memory.kept?.seq ?? 0,
    // The end of the last step: the same after a crash, another after a rewind.
    upTo: checkpoints.at(-1)?.seq ?? state.seq,
    toolResults: memorize.toolResults,
  })
}
