import type { CallModel } from '../core/decide/effect.ts'
import type { State } from '../core/log/state.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Mind } from '../mind/mind.ts'
import type { OpenArtifacts } from '../store/artifact/artifact-store.ts'
import type { OpenMemory } from '../store/memory-bank/memory-bank.ts'
import type { Store } from '../store/store.ts'
import type { GateCheck } from '../tool/check.ts'
import type { ToolRunner } from '../tool/tool.ts'
import type { Clock } from './clock.ts'
import type { HandoffDelivery } from './handoff-delivery.ts'
import type { Vault } from './secret/vault.ts'

/** What performing needs of the outside, for one branch of one run. */
export interface World {
  readonly plan: Plan
  readonly state: State
  readonly mind: Mind
  readonly runners: ReadonlyMap<string, ToolRunner>
  /** The functions of gates, by gate. */
  readonly checks: ReadonlyMap<string, GateCheck>
  readonly store: Pick<Store, 'claim'>
  readonly deliver: HandoffDelivery
  /** Where the content of artifacts is; opened with the first that is written or read. */
  readonly artifacts: OpenArtifacts
  /** Where notes are; opened with the first. */
  readonly memory: OpenMemory
  /** Whose notes the run may read and keep. */
  readonly tenant: string
  /** The run's secrets; null for a workflow without any (Law 17). */
  readonly vault: Vault | null
  readonly clock: Clock
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
}
