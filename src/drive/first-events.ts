import { inBranch } from '../core/log/in-branch.ts'
import type { Entry, Failure, Pending, Reason } from '../core/log/event.ts'
import { withCategory } from '../core/log/failure-category.ts'
import type { Fold } from '../core/log/fold/fold.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import { messageOf } from '../core/spec/message-of.ts'
import { readJson } from '../core/spec/read-json.ts'
import { LockstepError } from './lockstep-error.ts'

/*
 * What is written first when somebody goes on with a run: their words as events, after a look at
 * whether the run waits for them.
 */

/** What came of a client tool that the caller executed. */
export type ClientResult =
  | { readonly call: string; readonly output: Json }
  | { readonly call: string; readonly error: Pick<Failure, 'code' | 'message' | 'category'> }

/** What a person found out about a write in doubt. */
export type DoubtAnswer =
  | { readonly call: string; readonly executed: true; readonly output?: Json }
  | { readonly call: string; readonly executed: false }

/** Reasons after which a further message begins another turn. */
export const OPEN_TO_MESSAGES: ReadonlySet<string> = new Set([
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
const CLOSED: ReadonlySet<string> = new Set(['completed', 'cancelled', 'handed_off'])

export function notWaiting(fold: Fold, wanted: string): LockstepError {
  const { rest, run } = fold.state
  const stands = rest === null ? 'is under way' : `rests ${rest.reason}: ${rest.message}`
  return new LockstepError('not_waiting', `run ${run} does not wait for ${wanted}; it ${stands}`)
}

/**
 * What somebody said, as its log has it: a gate must not read another value now (a number that JSON
 * has no word for, an object that writes itself as something else) than when the log is folded again
 * (Laws 3 and 9). Throws a LockstepError `invalid_input` for what is no JSON, or nested too deep.
 */
export function asLogged(entries: readonly Entry[]): readonly Entry[] {
  try {
    const logged: Entry[] = JSON.parse(JSON.stringify(entries))
    const read = readJson(logged)
    if (read.ok) return logged
    throw new TypeError(read.issues[0]?.message)
  } catch (cause) {
    const message = `what was given cannot be kept in a log: ${messageOf(cause)}`
    throw new LockstepError('invalid_input', message, { cause })
  }
}

export function messageEvents(fold: Fold, given: string | JsonObject): readonly Entry[] {
  const { state } = fold
  const input = typeof given === 'string' ? { message: given } : given
  const turn: Entry = { type: 'turn.started', turn: state.turn + 1, input }
  const [question] = pendingFor(fold, 'needs_input')
  if (question?.slots !== undefined) {
    // The kernel judges it; what the run was asked for in the first place stays as it was.
    const answered: Entry = { type: 'input.answered', call: question.call, input: given }
    return [{ ...turn, input: {} }, inBranch(answered, question.branch)]
  }
  if (question !== undefined) {
    const answer = typeof given === 'string' ? given : (given['message'] ?? given)
    const answered: Entry = { type: 'tool.returned', call: question.call, output: { answer } }
    return [
      // What a sub-run asked is its own matter: the run's message stays what it was.
      question.branch === undefined ? turn : { ...turn, input: {} },
      inBranch(answered, question.branch),
    ]
  }
  if (!OPEN_TO_MESSAGES.has(state.rest?.reason ?? '')) throw notWaiting(fold, 'a message')
  return [turn]
}

/**
 * What waits for this at rest, in the run itself and in its sub-runs: side by side they may wait for
 * different things, and what lets one of them go on leaves the others waiting (Law 18).
 */
function pendingFor({ state }: Fold, reason: Reason): readonly Pending[] {
  const { rest } = state
  const reasonOf = ({ branch }: Pending): Reason | undefined =>
    branch === undefined || !state.active.includes(branch)
      ? rest?.reason
      : state.branches.get(branch)?.rest?.reason
  return (rest?.pending ?? []).filter((pending) => reasonOf(pending) === reason)
}

export function answerEvents(fold: Fold, results: readonly ClientResult[]): readonly Entry[] {
  const pending = pendingFor(fold, 'needs_client')
  if (pending.length === 0) throw notWaiting(fold, 'client results')
  const open = new Map(pending.map((each) => [each.call, each]))
  return results.map((result) => {
    const waiting = open.get(result.call)
    if (waiting === undefined) {
      throw new LockstepError(
        'not_waiting',
        `no client call ${result.call} is pending; pending: ${[...open.keys()].join(', ')}`,
      )
    }
    open.delete(result.call)
    const { call } = result
    return inBranch(
      'output' in result
        ? { type: 'tool.returned', call, output: result.output ?? null }
        : { type: 'tool.failed', call, attempt: 1, error: withCategory(result.error) },
      waiting.branch,
    )
  })
}

export function settleEvents(fold: Fold, answer: DoubtAnswer): readonly Entry[] {
  const { call } = answer
  const doubted = pendingFor(fold, 'tool_in_doubt').find((pending) => pending.call === call)
  if (doubted === undefined) throw notWaiting(fold, `word on call ${call}`)
  if (answer.executed) {
    const output = answer.output ?? { executed: true }
    return [inBranch({ type: 'tool.returned', call, output }, doubted.branch)]
  }
  const message = 'a person found that it did not happen'
  const error = { code: 'NOT_EXECUTED', message, executed: false }
  return [inBranch({ type: 'call.failed', call, error }, doubted.branch)]
}

export function resumeEvents(
  fold: Fold,
  on: { readonly model: string | null; readonly now: number },
): readonly Entry[] {
  const { model, now } = on
  const { rest, handoff } = fold.state
  const again = rest === null || RESUMABLE.has(rest.reason) || handoff?.delivery === 'failed'
  if (!again && !hasExpired(fold, now)) throw notWaiting(fold, 'a resumption')
  return [{ type: 'run.resumed', ...(model === null ? {} : { model }) }]
}

/** True for a run that stopped without waiting for anybody's word. */
export function isResumable({ state }: Fold): boolean {
  return state.rest === null || RESUMABLE.has(state.rest.reason)
}

/** True when something that the run waits for was asked too long ago: then it may be asked anew. */
function hasExpired({ state }: Fold, now: number): boolean {
  if (state.rest?.reason !== 'needs_approval') return false
  const waits = state.active.some((id) => state.branches.get(id)?.rest?.reason === 'expired')
  return (
    waits ||
    state.rest.pending.some(({ request = '' }) => {
      const asked = state.approvals.get(request)
      return asked !== undefined && (asked.request.expiresAt ?? Infinity) <= now
    })
  )
}

/** What a person knows and the packet of an escalated run lacks. */
export function fillEvents(
  fold: Fold,
  filled: { readonly fields: JsonObject; readonly by?: string },
): readonly Entry[] {
  const { rest, handoff } = fold.state
  if (rest === null || handoff === null || handoff.missing.length === 0) {
    throw notWaiting(fold, 'what a handoff lacks')
  }
  const { fields, by = null } = filled
  return [{ type: 'handoff.filled', fields, by }]
}

export function cancelEvents(fold: Fold): readonly Entry[] {
  const { rest } = fold.state
  if (rest !== null && CLOSED.has(rest.reason)) throw notWaiting(fold, 'a cancellation')
  return [{ type: 'run.resumed' }, { type: 'cancel.requested' }]
}
