import type { Entry } from '../core/log/event.ts'
import type { Fold } from '../core/log/fold.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import { LockstepError } from './lockstep-error.ts'

/*
 * What is written first when somebody goes on with a run: their words as events, after a look at
 * whether the run waits for them.
 */

/** What came of a client tool that the caller executed. */
export type ClientResult =
  | { readonly call: string; readonly output: Json }
  | { readonly call: string; readonly error: { readonly code: string; readonly message: string } }

/** What a person found out about a write in doubt. */
export type DoubtAnswer =
  | { readonly call: string; readonly executed: true; readonly output?: Json }
  | { readonly call: string; readonly executed: false }

/** Reasons after which a further message begins another turn. */
const OPEN_TO_MESSAGES: ReadonlySet<string> = new Set([
  'completed',
  'refused',
  'step_transition_limit_exceeded',
  'iteration_limit_exceeded',
  'criteria_unmet',
  'transition_failed',
  'invalid_output',
])

/** Reasons after which the same can be tried again. */
const RESUMABLE: ReadonlySet<string> = new Set(['model_failed', 'expired', 'definition_changed'])

/** Reasons that end a run: there is nothing left to cancel. */
const CLOSED: ReadonlySet<string> = new Set(['completed', 'cancelled', 'expired', 'handed_off'])

export function notWaiting(fold: Fold, wanted: string): LockstepError {
  const { rest, run } = fold.state
  const stands = rest === null ? 'is under way' : `rests ${rest.reason}: ${rest.message}`
  return new LockstepError('not_waiting', `run ${run} does not wait for ${wanted}; it ${stands}`)
}

export function messageEvents(fold: Fold, given: string | JsonObject): readonly Entry[] {
  const { state } = fold
  const input = typeof given === 'string' ? { message: given } : given
  const turn: Entry = { type: 'turn.started', turn: state.turn + 1, input }
  const reason = state.rest?.reason ?? ''
  if (reason === 'needs_input') {
    const answers = state.rest?.pending ?? []
    const answer = typeof given === 'string' ? given : (given['message'] ?? given)
    return [
      turn,
      ...answers.map((pending): Entry => ({
        type: 'tool.returned',
        call: pending.call,
        output: { answer },
      })),
    ]
  }
  if (!OPEN_TO_MESSAGES.has(reason)) throw notWaiting(fold, 'a message')
  return [turn]
}

export function answerEvents(fold: Fold, results: readonly ClientResult[]): readonly Entry[] {
  const { rest } = fold.state
  if (rest?.reason !== 'needs_client') throw notWaiting(fold, 'client results')
  const open = new Set(rest.pending.map((pending) => pending.call))
  return results.map((result) => {
    if (!open.delete(result.call)) {
      throw new LockstepError(
        'not_waiting',
        `no client call ${result.call} is pending; pending: ${[...open].join(', ')}`,
      )
    }
    return 'output' in result
      ? { type: 'tool.returned', call: result.call, output: result.output }
      : { type: 'tool.failed', call: result.call, attempt: 1, error: result.error }
  })
}

export function settleEvents(fold: Fold, answer: DoubtAnswer): readonly Entry[] {
  const { rest } = fold.state
  const doubted = rest?.pending.some((pending) => pending.call === answer.call) === true
  if (rest?.reason !== 'tool_in_doubt' || !doubted)
    throw notWaiting(fold, `word on call ${answer.call}`)
  if (answer.executed) {
    return [
      { type: 'tool.returned', call: answer.call, output: answer.output ?? { executed: true } },
    ]
  }
  const message = 'a person found that it did not happen'
  return [
    {
      type: 'call.failed',
      call: answer.call,
      error: { code: 'NOT_EXECUTED', message, executed: false },
    },
  ]
}

export function resumeEvents(fold: Fold, model: string | null): readonly Entry[] {
  const { rest } = fold.state
  if (rest !== null && !RESUMABLE.has(rest.reason)) throw notWaiting(fold, 'a resumption')
  return [{ type: 'run.resumed', ...(model === null ? {} : { model }) }]
}

export function cancelEvents(fold: Fold): readonly Entry[] {
  const { rest } = fold.state
  if (rest !== null && CLOSED.has(rest.reason)) throw notWaiting(fold, 'a cancellation')
  return [{ type: 'run.resumed' }, { type: 'cancel.requested' }]
}
