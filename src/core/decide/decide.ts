import { inBranch } from '../log/in-branch.ts'
import { WAITING } from '../log/end-of.ts'
import type { Entry } from '../log/event.ts'
import type { Rest } from '../log/branch.ts'
import { focus, type State } from '../log/state.ts'
import type { Plan } from '../spec/plan.ts'
import { judgeAnswers } from './approval/approval.ts'
import { planOf } from './branch-plan.ts'
import { decideBranch } from './decide-branch.ts'
import type { Effect } from './effect.ts'
import { perform, record, rest, type Move } from './move.ts'
import { decideRewind, isSuspended } from './rewind/rewind.ts'

/*
 * Plan and state in, one move out. Total and pure: the same plan and state give the same move, and
 * whatever a rule concludes is an event, so that the log explains the run by itself. First what
 * people said; then each branch that is under way, in the order in which they began.
 */

/** The next move of a run. */
export function decide(plan: Plan, state: State): Move {
  const answered = judgeAnswers(plan, state) ?? decideRewind(plan, state)
  if (answered !== null) return answered
  if (state.rest !== null) return { type: 'rest', ...state.rest }
  if (state.cancelRequested) return rest('cancelled', cancelMessage(state))
  if (plan.digest !== state.digest) {
    const message = `the run began with ${state.digest}, but its workflow is now ${plan.digest}`
    return rest('definition_changed', message)
  }
  // A handoff is the whole run's: no sub-run goes on beside it.
  const alone = state.active.length === 1 || state.branch.where.at === 'handoff'
  return alone ? decideBranch(plan, state) : decideBranches(plan, state)
}

/** Asks every branch; the first that has something to write down goes before what is to be done. */
function decideBranches(plan: Plan, state: State): Move {
  const effects: Effect[] = []
  const waiting: Waiting[] = []
  for (const id of state.active) {
    const branch = state.branches.get(id)
    if (branch === undefined || isSuspended(state, branch)) continue
    if (branch.rest !== null) {
      waiting.push({ id, rest: branch.rest })
      continue
    }
    const move = decideBranch(planOf(plan, state, branch), focus(state, id))
    switch (move.type) {
      case 'record': {
        const own = id === '' ? ownWait(move.events) : null
        if (own === null) return record(...move.events.map((event): Entry => inBranch(event, id)))
        waiting.push({ id, rest: own })
        break
      }
      case 'perform':
        effects.push(...move.effects.map((effect): Effect => inBranch(effect, id)))
        break
      case 'rest':
        break
    }
  }
  return effects.length > 0 ? perform(...effects) : restForBranches(waiting)
}

interface Waiting {
  readonly id: string
  readonly rest: Rest
}

/** For what the run itself would wait; said only once its sub-runs wait too, for it rests them all. */
function ownWait(events: readonly Entry[]): Rest | null {
  const [event] = events
  if (event?.type !== 'run.rested' || events.length > 1 || !WAITING.has(event.reason)) return null
  return { reason: event.reason, message: event.message, pending: event.pending ?? [] }
}

/** Nothing is under way and something waits: the run rests for all of it. */
function restForBranches(waiting: readonly Waiting[]): Move {
  const [first] = waiting
  if (first === undefined) return rest('fail_safe', 'nothing is left to do')
  const pending = waiting.flatMap(({ id, rest: { pending: calls } }) =>
    calls.map((call) => inBranch(call, id)),
  )
  const { reason, message } = first.rest
  const more = waiting.length > 1 ? ` (and ${waiting.length - 1} more)` : ''
  return record({ type: 'run.rested', reason, message: `${message}${more}`, pending })
}

function cancelMessage(state: State): string {
  const under = [...state.branches.values()]
    .flatMap((branch) => branch.batch)
    .filter((call) => call.status === 'dispatched' || call.status === 'doubted')
    .map((call) => call.tool)
  const warning = under.length === 0 ? '' : `; under way and possibly done: ${under.join(', ')}`
  return `cancelled on request${warning}`
}
