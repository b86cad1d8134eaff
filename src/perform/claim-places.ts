import type { ClaimPlaces } from '../core/decide/effect.ts'
import type { EventBody } from '../core/log/event.ts'
import type { World } from './world.ts'

/**
 * Takes a call's places under `limit` gates among all forks of its run: atomically, and once for
 * each call however often it is asked.
 */
export async function claimPlaces(effect: ClaimPlaces, world: World): Promise<EventBody> {
  const { call, family, places } = effect
  const taken = await world.store.claim({ family, run: world.state.run, call, places })
  if (taken === null) return { type: 'places.claimed', call }
  const { gate, key } = taken
  const message = `Not executed. refuse by gate ${gate}: a fork of this run has taken the place${key === '' ? '' : ` for ${key}`}`
  return { type: 'places.refused', call, place: { gate, key }, message }
}
