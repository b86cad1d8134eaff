import type { Event } from '../../core/log/event.ts'
import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import { REQUEST_WORKFLOW } from './request/request-spec.ts'

/**
 * True for a run that a conversation alone cannot stand for: one of a registered workflow, one with
 * several steps, one whose facts come from the server's own tools. Its calls lead back to it.
 */
export function isCarried({ plan }: LoadedWorkflow, events: readonly Event[]): boolean {
  if (plan.name !== REQUEST_WORKFLOW || plan.steps.size > 1 || plan.memory !== null) return true
  const served = [...plan.toolNames].filter((name) => plan.tools.get(name)?.kind !== 'client')
  return served.length > 0 && events.some(({ type }) => type === 'tool.dispatched')
}
