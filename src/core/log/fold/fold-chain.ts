import type { ChainEvent } from '../event-chain.ts'
import type { EventOf } from '../event.ts'
import { callOf } from './batch-call.ts'
import type { BranchDraft, Site } from './draft.ts'
import { foldArtifactRejected, foldArtifactStored, foldArtifactVerified } from './fold-artifact.ts'
import { foldDecided } from './fold-decision.ts'
import { foldInputAnswered, foldSlotsFilled, foldSlotsRejected } from './fold-slots.ts'

/*
 * How decisions, slots and artifacts change the state (seed 4).
 */

/** Folds one event of the chain. */
export function applyToChain(site: Site, event: EventOf<ChainEvent['type']>): void {
  const { branch } = site
  switch (event.type) {
    case 'decision.rejected':
      branch.transcript.push({ role: 'user', text: event.message })
      branch.repaired = true
      branch.where = { at: 'ready' }
      return
    case 'decision.inferred':
      return foldDecided(branch, event.decision)
    case 'confidence.doubted':
      branch.doubted = branch.confidences.length
      return
    case 'slots.filled':
      return foldSlotsFilled(branch, event)
    case 'slots.rejected':
      return foldSlotsRejected(branch, event)
    case 'input.answered':
      return foldInputAnswered(site, event)
    case 'call.resolved':
      return foldResolved(branch, event)
    case 'artifact.rejected':
      return foldArtifactRejected(site, event)
    case 'artifact.stored':
      return foldArtifactStored(site, event)
    case 'artifact.verified':
      return foldArtifactVerified(site, event)
  }
}

/** Once: what the values themselves say is never looked up (Law 16). */
function foldResolved(branch: BranchDraft, event: EventOf<'call.resolved'>): void {
  const { args, artifacts = [] } = event
  Object.assign(callOf(branch, event.call), { args, artifacts, references: false })
}
