import type { Event } from '../core/log/event.ts'
import type { Attributes } from './span.ts'
import { inBounds } from './words.ts'

/** What else happened, as an event of a span: a name, and attributes without anybody's words. */
export interface Noted {
  readonly name: string
  readonly attributes: Attributes
}

/**
 * An event that opens and ends no span, as a note on the one that is under way; null where a trace
 * says nothing of it. `content` adds the words that people and models wrote.
 */
export function noteOf(event: Event, content: boolean): Noted | null {
  return ofChain(event, content) ?? ofPeople(event, content) ?? ofWay(event, content)
}

function ofChain(event: Event, content: boolean): Noted | null {
  switch (event.type) {
    case 'artifact.stored':
      return noted('lockstep.artifact.stored', {
        'lockstep.artifact': event.artifact,
        'lockstep.artifact.version': event.version,
        'lockstep.artifact.media': event.media,
        'lockstep.artifact.bytes': event.bytes,
        'lockstep.artifact.published': event.published,
      })
    case 'artifact.verified':
      return noted('gen_ai.evaluation.result', {
        'gen_ai.evaluation.name': `verifier ${event.artifact}`,
        'gen_ai.evaluation.score.value': event.score,
        'gen_ai.evaluation.score.label': event.accepted ? 'pass' : 'fail',
        'lockstep.artifact.version': event.version,
        ...(content ? { 'gen_ai.evaluation.explanation': inBounds(event.feedback) } : {}),
      })
    case 'criteria.failed':
      return noted('gen_ai.evaluation.result', {
        'gen_ai.evaluation.name': `criteria ${event.step}`,
        'gen_ai.evaluation.score.label': 'fail',
        'lockstep.criteria.failed': [...event.failed].map(inBounds),
      })
    case 'decision.rejected':
      return noted('lockstep.decision.rejected', { 'lockstep.model.call': event.call })
    case 'confidence.doubted':
      return noted('lockstep.confidence.doubted', {
        'lockstep.model.call': event.call,
        'lockstep.decision.below': event.below,
        'lockstep.decision.series': event.series.map(String),
      })
    case 'output.rejected':
      return noted('lockstep.output.rejected', { 'lockstep.step.name': event.step })
    case 'slots.filled':
      return noted('lockstep.slots.filled', {
        'lockstep.slots': Object.keys(event.values),
        'lockstep.slots.source': event.source,
      })
    case 'slots.rejected':
      return noted('lockstep.slots.rejected', {
        'lockstep.slots': event.wrong.map(({ slot }) => slot),
      })
    case 'check.answered':
      return noted('lockstep.check.answered', {
        'lockstep.gate.name': event.gate,
        'lockstep.check.holds': event.holds,
      })
    case 'check.failed':
      return noted('lockstep.check.failed', { 'lockstep.gate.name': event.gate })
    default:
      return null
  }
}

/** Who answered is not said: a trace is no list of what people did; the ledger is. */
function ofPeople(event: Event, content: boolean): Noted | null {
  switch (event.type) {
    case 'approval.requested':
      return noted('lockstep.approval.requested', {
        'lockstep.approval.request': event.request.id,
        'gen_ai.tool.name': event.request.tool,
        'gen_ai.tool.call.id': event.request.call,
        'lockstep.approval.gates': [...event.request.gates],
        'lockstep.approval.approvers': event.request.approvers,
      })
    case 'approval.answered':
      return noted('lockstep.approval.answered', {
        'lockstep.approval.request': event.request,
        'lockstep.approval.decision': event.decision,
        ...(content ? { 'lockstep.approval.by': event.by } : {}),
      })
    case 'approval.granted':
    case 'approval.refused':
    case 'approval.denied':
    case 'approval.expired':
      return noted(`lockstep.${event.type}`, { 'lockstep.approval.request': event.request })
    case 'user.stated':
      return noted('lockstep.user.stated', { 'lockstep.user.kind': inBounds(event.kind) })
    case 'user.confirmed':
      return noted('lockstep.user.confirmed', { 'gen_ai.tool.name': inBounds(event.tool) })
    case 'handoff.compiled':
      return noted('lockstep.handoff.compiled', { 'lockstep.handoff.missing': [...event.missing] })
    case 'handoff.delivered':
    case 'handoff.failed':
      return noted(`lockstep.${event.type}`, { 'lockstep.handoff.attempt': event.attempt })
    default:
      return null
  }
}

function ofWay(event: Event, content: boolean): Noted | null {
  switch (event.type) {
    case 'run.resumed':
    case 'cancel.requested':
      return noted(`lockstep.${event.type}`, {})
    case 'transition.taken':
      return noted('lockstep.transition', {
        'lockstep.transition.from': event.from,
        'lockstep.transition.to': event.to,
        ...(event.rule === null ? {} : { 'lockstep.transition.rule': event.rule }),
      })
    case 'limit.reached':
      return noted('lockstep.limit.reached', {
        'lockstep.limit': event.limit,
        'lockstep.limit.span': event.span ?? 'run',
        'lockstep.limit.allowed': event.allowed,
      })
    case 'model.retried':
    case 'tool.retried':
      return noted(`lockstep.${event.type}`, { 'lockstep.delay_ms': event.delayMs })
    case 'checkpoint.made':
      return noted('lockstep.checkpoint.made', { 'lockstep.checkpoint': event.name })
    case 'rewind.refused':
    case 'run.rewound':
      return noted(`lockstep.${event.type}`, { 'lockstep.checkpoint': event.to })
    case 'definition.adopted':
      return noted('lockstep.definition.adopted', {
        'lockstep.workflow.digest': event.to,
        'lockstep.definition.differing': [...event.differing],
      })
    case 'places.refused':
      return noted('lockstep.places.refused', { 'lockstep.gate.name': event.place.gate })
    case 'memory.recalled':
      return noted('lockstep.memory.recalled', { 'lockstep.memory.items': event.items.length })
    case 'memory.kept':
      return noted('lockstep.memory.kept', { 'lockstep.memory.items': event.ids.length })
    case 'memory.failed':
      return noted('lockstep.memory.failed', {
        'lockstep.memory.during': event.during,
        ...(content ? { 'lockstep.error.message': inBounds(event.error.message) } : {}),
      })
    default:
      return null
  }
}

function noted(name: string, attributes: Attributes): Noted {
  return { name, attributes }
}
