import type { Effect } from '../core/decide/effect.ts'
import type { EventBody } from '../core/log/event.ts'
import { callModel } from './call-model.ts'
import { claimPlaces } from './claim-places.ts'
import { deliverHandoff } from './deliver-handoff.ts'
import { runCheck } from './run-check.ts'
import { runTool } from './run-tool.ts'
import { storeArtifact } from './artifact/store-artifact.ts'
import type { World } from './world.ts'

/*
 * Effects in, events out: one file for each kind of effect. Whatever happens outside, good or bad,
 * comes back as an event; nothing here decides anything.
 */

/** Makes an effect happen. Never rejects for what the outside does. */
export async function performEffect(effect: Effect, world: World): Promise<EventBody> {
  switch (effect.type) {
    case 'call-model':
      return callModel(effect, world)
    case 'run-tool':
      return runTool(effect, world)
    case 'run-check':
      return runCheck(effect, world)
    case 'claim-places':
      return claimPlaces(effect, world)
    case 'store-artifact':
      return storeArtifact(effect, world)
    case 'recall-memory':
      return (await import('./memory/recall-memory.ts')).recallMemory(effect, world)
    case 'keep-memory':
      return (await import('./memory/keep-memory.ts')).keepMemory(effect, world)
    case 'deliver-handoff':
      return deliverHandoff(effect, world)
    case 'wait':
      await world.clock.sleep(effect.delayMs, world.signal)
      return { type: 'wait.ended', wait: effect.wait }
  }
}
