import type { GateOutcome } from '../../log/event.ts'
import type { Breaker, State } from '../../log/state.ts'
import type { PlanTool } from '../../spec/plan.ts'
import { refuse, type KnownQuestion } from './question.ts'

/*
 * The built-in gate `breaker`: a tool that keeps failing is left alone for a while; then one call
 * tries whether it works again.
 */

/** Why the breaker refuses a call; null where it does not. */
export function breakerRefusal({ state, call, tool }: KnownQuestion): GateOutcome | null {
  const tripped = trippedBreaker(tool, state)
  if (tripped === null) return null
  const failed = `${tool.name} has failed ${tripped.failures} times in a row`
  if (tripped.leftMs > 0) {
    const seconds = Math.ceil(tripped.leftMs / 1000)
    return refuse('breaker', `${failed}; it may be tried again in ${seconds} s, once`)
  }
  if (!isOnTrial(state, call)) return null
  return refuse(
    'breaker',
    `${failed}; a call that tries it again is under way, wait for its result`,
  )
}

/** True while a tool is left alone, whatever it would be called with. */
export function isBroken(tool: PlanTool, state: State): boolean {
  return (trippedBreaker(tool, state)?.leftMs ?? 0) > 0
}

function trippedBreaker(
  { breaker, name }: PlanTool,
  { breakers, at }: State,
): (Breaker & { readonly leftMs: number }) | null {
  const known = breakers.get(name)
  if (breaker === null || known === undefined || known.failures < breaker.failures) return null
  return { ...known, leftMs: known.at + breaker.seconds * 1000 - at }
}

/** True while another call of the same tool is on its way, in whatever branch. */
function isOnTrial(state: State, call: KnownQuestion['call']): boolean {
  return state.active.some((id) => {
    const branch = state.branches.get(id)
    return branch?.batch.some(
      ({ id: other, tool, status }) =>
        tool === call.tool &&
        other !== call.id &&
        (status === 'due' || status === 'dispatched' || status === 'retrying'),
    )
  })
}
