import type { State } from '../log/state.ts'
import type { Plan } from '../spec/plan.ts'
import { rest, type Move } from './move.ts'

export function decideRewind(_plan: Plan, _state: State): Move | null {
  return null
}

export function decideUndoing(_plan: Plan, _state: State): Move {
  return rest('fail_safe', 'rewinding')
}
