import type { Event, EventOf, Reason } from '../core/log/event.ts'
import { callIdsIn } from '../core/log/call-ids.ts'
import { endSpan, type Attributes } from './span.ts'
import {
  endStep,
  legOf,
  lineOf,
  newLine,
  stepOf,
  type Line,
  type TraceDraft,
} from './trace-draft.ts'
import { parseTraceparent, traceIdOf } from './trace-context.ts'
import { inBounds, word } from './words.ts'

/*
 * Runs, turns, steps and sub-runs as spans. A run that rests has no span that goes on: all are cut,
 * so that a trace is whole while somebody thinks for days, and what follows is a span of its own.
 */

/** Reasons for which nothing went wrong: it is done, somebody is asked, or somebody ended it. */
const NO_ERROR: ReadonlySet<Reason> = new Set([
  'completed',
  'needs_client',
  'needs_input',
  'needs_approval',
  'escalated',
  'handed_off',
  'cancelled',
])

/** Reasons after which what is under way may go on where it stands. */
const WAITS: ReadonlySet<Reason> = new Set([
  'needs_client',
  'needs_input',
  'needs_approval',
  'escalated',
  'tool_in_doubt',
  'model_failed',
])

/** Reads an event of the way through a run; false where it is none. */
export function readRun(draft: TraceDraft, event: Event): boolean {
  switch (event.type) {
    case 'run.started':
      readStart(draft, event)
      return true
    case 'run.forked':
      readFork(draft, event)
      return true
    case 'turn.started':
      draft.turn = event.turn
      legOf(draft, lineOf(draft, event), event)
      return true
    case 'run.resumed':
      draft.model = event.model ?? draft.model
      legOf(draft, lineOf(draft, event), event)
      return false
    case 'branch.started':
      readBranch(draft, event)
      return true
    case 'step.entered':
      readEntry(draft, event)
      return true
    case 'step.completed':
      stepOf(draft, lineOf(draft, event), event)
      leave(draft, event, {})
      return true
    case 'step.failed':
      stepOf(draft, lineOf(draft, event), event)
      leave(draft, event, { error: event.reason })
      return true
    case 'run.rewound':
      // What was under way is no longer so; where it stands now, its next event says.
      leave(draft, event, {})
      return false
    case 'run.rested':
      readRest(draft, event)
      return true
    default:
      return false
  }
}

function readStart(draft: TraceDraft, event: EventOf<'run.started'>): void {
  draft.run = event.run
  draft.remote = event.trace === undefined ? null : parseTraceparent(event.trace)
  draft.trace = draft.remote?.traceId ?? traceIdOf(event.run)
  draft.model = event.model ?? null
  const line = lineOf(draft, event)
  draft.lines.set('', { ...line, workflow: event.workflow })
  for (const id of draft.content ? callIdsIn(event.history) : []) draft.callIds.add(id)
}

/** A copy has a trace of its own, which says of which span of the other it began. */
function readFork(draft: TraceDraft, event: EventOf<'run.forked'>): void {
  const { root } = draft
  draft.links = root === null ? [] : [root]
  draft.run = event.run
  draft.trace = traceIdOf(event.run)
  draft.remote = null
  draft.root = null
  // What the first run had under way is the first run's to tell.
  for (const line of draft.lines.values()) {
    line.leg = null
    line.step = null
    line.model = null
    line.waiting.length = 0
  }
  for (const call of draft.calls.values()) call.span = null
}

function readBranch(draft: TraceDraft, event: EventOf<'branch.started'>): void {
  const { branch = '', parent, call, workflow, item } = event
  const outer = lineOf(draft, { branch: parent })
  const under = draft.calls.get(call ?? '')?.span ?? stepOf(draft, outer, event)
  const plan = outer.plan?.workflows.get(workflow) ?? null
  const line = newLine({
    branch,
    plan,
    workflow: plan?.name ?? workflow,
    above: { traceId: under.traceId, spanId: under.spanId },
  })
  draft.lines.set(branch, line)
  const leg = legOf(draft, line, event)
  leg.attributes['lockstep.trusted'] = event.trusted
  if (item !== null) leg.attributes['lockstep.item'] = item
}

function readEntry(draft: TraceDraft, event: EventOf<'step.entered'>): void {
  const line = lineOf(draft, event)
  leave(draft, event, {})
  line.at = { name: event.step, visit: event.visit }
  const step = stepOf(draft, line, event)
  const prompt = draft.content ? event.prompt : null
  if (prompt !== null) step.attributes['lockstep.step.prompt'] = inBounds(prompt)
}

/** Ends the visit of a step, however that came. */
function leave(
  draft: TraceDraft,
  event: Event,
  end: { readonly error?: string; readonly attributes?: Attributes },
): void {
  const line = lineOf(draft, event)
  cutModel(draft, line, event.at)
  endStep(draft, line, { at: event.at, ...end })
  line.at = null
}

function readRest(draft: TraceDraft, event: EventOf<'run.rested'>): void {
  const main = lineOf(draft, event)
  // Sub-runs rest with the run; one that ended is gone.
  const lines = main.branch === '' ? [...draft.lines.values()].toReversed() : [main]
  for (const line of lines) {
    if (line !== main && line.leg === null) continue
    const leg = legOf(draft, line, event)
    cutModel(draft, line, event.at)
    const over = line === main && event.reason === 'completed'
    endStep(draft, line, { at: event.at })
    if (over) line.at = null
    const error = NO_ERROR.has(event.reason) ? null : word(event.reason)
    draft.ended.push(
      endSpan(leg, {
        at: event.at,
        error: line === main ? error : null,
        attributes: {
          'lockstep.rest.reason': event.reason,
          'lockstep.pending': event.pending?.length ?? 0,
          ...(draft.content ? { 'lockstep.rest.message': inBounds(event.message) } : {}),
        },
      }),
    )
    line.leg = null
  }
  if (WAITS.has(event.reason)) return
  if (main.branch !== '') draft.lines.delete(main.branch)
  else draft.calls.clear()
}

/** What was asked of a model and never answered: its process ended, or the run did. */
export function cutModel(draft: TraceDraft, line: Line, at: number): void {
  if (line.model === null) return
  draft.ended.push(endSpan(line.model.span, { at, error: 'interrupted' }))
  line.model = null
}
