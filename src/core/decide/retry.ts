import type { Failure } from '../log/event.ts'
import type { BatchCall } from '../log/call.ts'
import type { PlanTool } from '../spec/plan.ts'

/*
 * What is tried again, and after how long. Deterministic: no jitter, so that the same log gives the
 * same move.
 */

const MODEL_TRIES = 4
const MAX_DELAY_MS = 30_000
const MAX_REQUESTED_SECONDS = 120
const MAX_TOOL_WAIT_SECONDS = 3_600

/** Failures of a write after which nobody knows whether it happened (Law 11). */
const DOUBTFUL: ReadonlySet<string> = new Set(['TIMEOUT', 'ABORTED', 'CONNECTION_LOST'])

/** Milliseconds to wait after a model call failed `tried` times; null when it is not tried again. */
export function modelRetryDelay(error: Failure, tried: number): number | null {
  if (error.retryable !== true || tried >= MODEL_TRIES) return null
  const requested = error.retryAfterSeconds
  if (requested === undefined) return backoff(1_000, tried)
  return requested > MAX_REQUESTED_SECONDS ? null : requested * 1_000
}

/** Milliseconds to wait before a tool is dispatched again; null when its rules say not to (S1.15). A
 * rule is under the failure's code, or else its category. */
export function toolRetryDelay(tool: PlanTool, call: BatchCall, error: Failure): number | null {
  if (error.retryable === false) return null
  const rule = tool.retry.get(error.code) ?? tool.retry.get(error.category ?? '')
  if (rule === undefined || rule === 'never') return null
  const tried = call.attempt - call.cuts
  if (tried >= (rule.tries ?? 3)) return null
  const requested = rule.after === undefined ? undefined : requestedSeconds(error, rule.after)
  if (requested !== undefined) return requested * 1_000
  const first = (rule.delay ?? 1) * 1_000
  return rule.backoff === 'fixed' ? first : backoff(first, tried)
}

function requestedSeconds(error: Failure, field: string): number | undefined {
  const value = error.details?.[field] ?? error.retryAfterSeconds
  return typeof value === 'number' && value >= 0
    ? Math.min(value, MAX_TOOL_WAIT_SECONDS)
    : undefined
}

function backoff(firstMs: number, attempt: number): number {
  return Math.min(firstMs * 2 ** (attempt - 1), MAX_DELAY_MS)
}

/** True when a write may have happened although its dispatch failed. */
export function isDoubtful(tool: PlanTool, error: Failure): boolean {
  return (
    tool.effect === 'write' &&
    !tool.idempotent &&
    error.executed === undefined &&
    DOUBTFUL.has(error.code)
  )
}
