import type { PlanTool } from './plan.ts'

/** Tools by who executes them. */
export interface SplitTools {
  /** Executed here, by a runner. */
  readonly server: readonly PlanTool[]
  /** Executed by the caller: the run rests `needs_client` with their calls (S0.27). */
  readonly client: readonly PlanTool[]
  /** Answered by the kernel itself: `finish`, `request_input`, `escalate_to_human`. */
  readonly kernel: readonly PlanTool[]
}

/** Parts tools by who executes them (S0.32); the order is kept. */
export function splitTools(tools: Iterable<PlanTool>): SplitTools {
  const all = [...tools]
  return {
    server: all.filter((tool) => tool.kind === 'server'),
    client: all.filter((tool) => tool.kind === 'client'),
    kernel: all.filter((tool) => tool.kind !== 'server' && tool.kind !== 'client'),
  }
}
