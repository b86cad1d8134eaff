import type { Handoff } from '../core/log/handoff.ts'
import type { PlanHandoff } from '../core/spec/plan.ts'

/** Posts a packet once; rejects when the other side did not take it. */
export type HandoffDelivery = (
  packet: Handoff,
  options: {
    readonly webhook: NonNullable<PlanHandoff['webhook']>
    /** The same for every attempt, so that the other side can tell a repeat. */
    readonly id: string
    readonly signal: AbortSignal
  },
) => Promise<void>
