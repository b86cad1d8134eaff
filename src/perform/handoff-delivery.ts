import type { Handoff } from '../core/log/handoff.ts'
import type { PlanHandoff } from '../core/spec/plan.ts'

/** Posts a packet once; rejects when the other side did not take it. */
export type HandoffDelivery = (
  packet: Handoff,
  options: {
    readonly webhook: NonNullable<PlanHandoff['webhook']>
    /** What the packet lacks; empty when it is complete. */
    readonly missing: readonly string[]
    /** The same for every attempt at this packet, so that the other side can tell a repeat. */
    readonly id: string
    readonly signal: AbortSignal
  },
) => Promise<void>
