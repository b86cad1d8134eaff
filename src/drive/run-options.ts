import type { CallModel } from '../core/decide/effect.ts'
import type { Event } from '../core/log/event.ts'
import type { Mind } from '../mind/mind.ts'
import type { Clock } from '../perform/clock.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { Vault } from '../perform/secret/vault.ts'
import type { OpenArtifacts } from '../store/artifact/artifact-store.ts'
import type { OpenMemory } from '../store/memory-bank/memory-bank.ts'
import type { Signer } from '../store/chain/seal.ts'
import type { Store } from '../store/store.ts'
import type { LoadedWorkflow } from './load/loaded-workflow.ts'
import type { Adoption } from './adopt.ts'
import type { Telemetry } from './telemetry.ts'

/** What a run needs of its runtime. */
export interface RunOptions {
  readonly id: string
  readonly workflow: LoadedWorkflow
  /** How the run may take on its definition, where that is not the one that it goes by (Law 13). */
  readonly adoption: Adoption
  readonly store: Store
  readonly mind: Mind
  readonly deliver: HandoffDelivery
  readonly artifacts: OpenArtifacts
  readonly memory: OpenMemory
  /** Whose notes the run reads and keeps. */
  readonly tenant: string
  readonly sign?: Signer | undefined
  readonly telemetry?: Telemetry | undefined
  /** Opens what keeps its secrets; throws where there is no key for them (Law 17). */
  readonly vault: () => Vault | null
  /** The last event that whoever goes on saw; absent for whatever there is. */
  readonly expected?: number
  /** From a resumption on; null leaves the run's own. */
  readonly model: string | null
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
  readonly onEvents: (events: readonly Event[]) => void
}
