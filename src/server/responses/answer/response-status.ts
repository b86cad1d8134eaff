import type { Event, Reason } from '../../../core/log/event.ts'
import type { RunRecord } from '../../../core/log/record/run-record.ts'

/** How a response ended, in OpenAI's words; the run's own reason is beside it. */
export interface ResponseStatus {
  readonly status: 'completed' | 'requires_action' | 'incomplete' | 'failed' | 'cancelled'
  readonly error: { readonly code: string; readonly message: string } | null
  readonly incomplete_details: { readonly reason: 'max_output_tokens' | 'content_filter' } | null
}

/** What each reason is for a client (docs/responses.md has the same table). */
const STATUS: Readonly<Record<Reason, ResponseStatus['status']>> = {
  completed: 'completed',
  needs_client: 'requires_action',
  needs_input: 'requires_action',
  refused: 'completed',
  needs_approval: 'incomplete',
  escalated: 'incomplete',
  handed_off: 'incomplete',
  step_transition_limit_exceeded: 'incomplete',
  iteration_limit_exceeded: 'incomplete',
  budget_exceeded: 'incomplete',
  tool_in_doubt: 'incomplete',
  criteria_unmet: 'failed',
  transition_failed: 'failed',
  definition_changed: 'failed',
  store_artifact_loop_abort: 'failed',
  verification_failed: 'failed',
  tool_failed: 'failed',
  model_failed: 'failed',
  invalid_output: 'failed',
  expired: 'failed',
  fail_safe: 'failed',
  cancelled: 'cancelled',
}

const LIMITS: ReadonlySet<Reason> = new Set([
  'step_transition_limit_exceeded',
  'iteration_limit_exceeded',
  'budget_exceeded',
])

/**
 * The status of a run that rests. OpenAI's own clients know no `requires_action`: for them a response
 * with calls is complete, and it is theirs to go on.
 */
export function responseStatus(
  record: RunRecord,
  on: {
    readonly surface: 'personize' | 'openai'
    readonly finish: string
    readonly events: readonly Event[]
  },
): ResponseStatus {
  const { reason, message } = record
  if (reason === null) return { status: 'incomplete', error: null, incomplete_details: null }
  const status = STATUS[reason]
  if (status === 'failed') {
    return {
      status,
      error: { code: errorCode(reason, on.events), message },
      incomplete_details: null,
    }
  }
  if (LIMITS.has(reason)) {
    return { status, error: null, incomplete_details: { reason: 'max_output_tokens' } }
  }
  if (reason === 'completed' && (on.finish === 'length' || on.finish === 'content-filter')) {
    const cut = on.finish === 'length' ? 'max_output_tokens' : 'content_filter'
    return { status: 'incomplete', error: null, incomplete_details: { reason: cut } }
  }
  const shown = status === 'requires_action' && on.surface === 'openai' ? 'completed' : status
  return { status: shown, error: null, incomplete_details: null }
}

function errorCode(reason: Reason, events: readonly Event[]): string {
  if (reason !== 'model_failed') return 'server_error'
  const failed = events.findLast((event) => event.type === 'model.failed')
  return failed?.error.code === '429' ? 'rate_limit_exceeded' : 'server_error'
}
