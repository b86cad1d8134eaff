import type { Reason } from '../../core/log/event.ts'

/** How a run stands, in one word: `waiting` for somebody's word, `ended` until somebody wants more. */
export const STATUSES = ['running', 'waiting', 'ended'] as const

export type RunStatus = (typeof STATUSES)[number]

/** Reasons with which a run waits for somebody, and goes on once they answer (Law 7). */
const WAITING: ReadonlySet<Reason> = new Set([
  'needs_client',
  'needs_input',
  'needs_approval',
  'tool_in_doubt',
  'escalated',
])

/** The status of a run that rests for a reason; null for one that does not rest. */
export function statusOf(reason: Reason | null): RunStatus {
  if (reason === null) return 'running'
  return WAITING.has(reason) ? 'waiting' : 'ended'
}
