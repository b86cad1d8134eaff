import type { CallModel } from '../core/decide/effect.ts'
import type { Entry, Event } from '../core/log/event.ts'
import type { Fold } from '../core/log/fold/fold.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Mind } from '../mind/mind.ts'
import type { Vault } from '../perform/secret/vault.ts'
import type { Clock } from '../perform/clock.ts'
import type { Lease, Store } from '../store/store.ts'
import type { OpenArtifacts } from '../store/artifact/artifact-store.ts'
import type { OpenMemory } from '../store/memory-bank/memory-bank.ts'
import type { Signer } from '../store/chain/seal.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { Executors } from './load/loaded-workflow.ts'

/** Everything a drive needs. The lease is the caller's to take and to release. */
export interface Drive {
  readonly plan: Plan
  readonly fold: Fold
  readonly store: Store
  readonly lease: Lease
  /** Where the definition came from, for the list of runs. */
  readonly source: string | null
  readonly mind: Mind
  /** What executes tools and answers checks, also of sub-workflows. */
  readonly workflow: Executors
  readonly deliver: HandoffDelivery
  readonly artifacts: OpenArtifacts
  readonly memory: OpenMemory
  /** Whose notes the run reads and keeps. */
  readonly tenant: string
  readonly clock: Clock
  /** Keeps secrets out of the log; null for a workflow without any (Law 17). */
  readonly vault: Vault | null
  /** Seals the log at each rest, where a key is there for it (S1.17). */
  readonly sign?: Signer | undefined
  /** Events to write first: a start, a message, an answer, a resumption. */
  readonly first: readonly Entry[]
  /** Aborting parks the run: tools under way are waited for, then the driver lets go. */
  readonly signal: AbortSignal
  /** Called with events once they are committed. */
  readonly onEvents: (events: readonly Event[]) => void
  readonly onText: (delta: string, effect: CallModel) => void
}
