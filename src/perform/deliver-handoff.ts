import type { DeliverHandoff } from '../core/decide/effect.ts'
import type { EventBody, Failure } from '../core/log/event.ts'
import { ToolError } from '../core/spec/define.ts'
import { messageOf } from '../core/spec/message-of.ts'
import type { World } from './world.ts'

/** Delivers the run's handoff once and says what came of it; retries are the kernel's. */
export async function deliverHandoff(effect: DeliverHandoff, world: World): Promise<EventBody> {
  const { attempt } = effect
  const { handoff, run } = world.state
  const webhook = world.plan.handoff?.webhook ?? null
  if (handoff === null || webhook === null) {
    const error = { code: 'NO_WEBHOOK', message: 'there is nothing to deliver, or nowhere' }
    return { type: 'handoff.failed', attempt, error }
  }
  const { packet, missing, seq } = handoff
  const id = deliveryId(run, seq)
  try {
    await world.deliver(packet, { webhook, missing, id, signal: world.signal })
    return { type: 'handoff.delivered', attempt }
  } catch (error) {
    return { type: 'handoff.failed', attempt, error: failureOf(error) }
  }
}

/** Names a packet for good; without the full stops that separate the parts of a signed content. */
function deliveryId(run: string, seq: number): string {
  return `handoff_${encodeURIComponent(run).replaceAll('.', '%2E')}_${seq}`
}

function failureOf(error: unknown): Failure {
  const message = messageOf(error)
  if (!(error instanceof ToolError)) return { code: 'UNDELIVERED', message }
  const { code, retryable } = error
  return retryable === undefined ? { code, message } : { code, message, retryable }
}
