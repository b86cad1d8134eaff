import type { State } from '../log/state.ts'
import type { Plan } from '../spec/plan.ts'
import { rest, type Move } from './move.ts'

export function handOverAtOnce(_plan: Plan, _state: State): Move | null {
  return null
}

export function decideHandoff(_plan: Plan, _state: State): Move {
  return rest('handed_off', 'handed off')
}
