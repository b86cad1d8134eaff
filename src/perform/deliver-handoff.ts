import type { DeliverHandoff } from '../core/decide/effect.ts'
import type { EventBody } from '../core/log/event.ts'
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
  try {
    await world.deliver(handoff.packet, { webhook, id: `${run}/handoff`, signal: world.signal })
    return { type: 'handoff.delivered', attempt }
  } catch (error) {
    return {
      type: 'handoff.failed',
      attempt,
      error: { code: 'UNDELIVERED', message: messageOf(error) },
    }
  }
}
