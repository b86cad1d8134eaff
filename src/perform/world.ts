import type { CallModel } from '../core/decide/effect.ts'
import type { State } from '../core/log/state.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Mind } from '../mind/mind.ts'
import type { ToolRunner } from '../tool/tool.ts'
import type { Clock } from './clock.ts'

/** What performing needs of the outside, for one run. */
export interface World {
  readonly plan: Plan
  readonly state: State
  readonly mind: Mind
  /** The run's own choice of model, before the step's and the workflow's. */
  readonly model: string | null
  readonly runners: ReadonlyMap<string, ToolRunner>
  readonly clock: Clock
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
}
