import type { Event, EventOf } from '../core/log/event.ts'
import { endSpan, noteOn, openSpan, type Attributes, type SpanNote } from './span.ts'
import { lineOf, ofBranch, placeOf, stepOf, type Call, type TraceDraft } from './trace-draft.ts'
import { valueFreeReason } from './verdict-reason.ts'
import { asJson, inBounds, word } from './words.ts'

/*
 * Tool calls: `execute_tool` for each time one ran, `gate` for one that was judged and did not run.
 * Every gate that had its say is an event of that span.
 */

/** Reads an event of a tool call; false where it is none. */
export function readCall(draft: TraceDraft, event: Event): boolean {
  switch (event.type) {
    case 'undo.called':
      draft.calls.set(event.call, newCall(event, event.tool))
      return true
    case 'call.judged':
      readVerdict(draft, event)
      return true
    case 'tool.dispatched':
      readDispatch(draft, event)
      return true
    case 'tool.returned':
      end(draft, event, {
        over: true,
        attributes: draft.content ? { 'gen_ai.tool.call.result': asJson(event.output) } : {},
      })
      return true
    case 'tool.failed':
      end(draft, event, { error: event.error.code, attributes: failure(draft, event) })
      return true
    case 'tool.doubted':
      end(draft, event, { error: 'in_doubt' })
      return true
    case 'artifact.rejected':
      note(draft, event, { call: event.call, at: rejection(draft, event) })
      end(draft, event, { error: event.reason, over: true })
      return true
    case 'call.failed':
      end(draft, event, { error: event.error.code, over: true, attributes: failure(draft, event) })
      return true
    default:
      return false
  }
}

function newCall({ branch = '' }: Event, tool: string): Call {
  return { tool, branch, verdict: '', judged: null, notes: [], span: null, args: null }
}

function readVerdict(draft: TraceDraft, event: EventOf<'call.judged'>): void {
  const call = draft.calls.get(event.call) ?? newCall(event, event.tool)
  draft.calls.set(event.call, call)
  call.verdict = event.verdict
  call.judged = { seq: event.seq, at: event.at }
  const { plan } = lineOf(draft, event)
  for (const gate of event.gates) {
    const reason = draft.content ? gate.reason : valueFreeReason(gate, plan)
    call.notes.push({
      name: 'lockstep.gate.verdict',
      at: event.at,
      attributes: {
        'lockstep.gate.name': gate.gate,
        'lockstep.gate.verdict': gate.verdict,
        ...(reason === '' ? {} : { 'lockstep.gate.reason': inBounds(reason) }),
        ...(gate.facts === undefined ? {} : { 'lockstep.gate.facts': gate.facts.map(String) }),
      },
    })
  }
  if (event.verdict === 'allow') {
    if (event.grant !== undefined) noteGrant(call, event)
    return
  }
  // It does not run here and now; one that a person lets run is judged again.
  const span = openSpan(placeOf(draft, event), {
    traceId: draft.trace,
    parent: stepOf(draft, lineOf(draft, event), event),
    name: `gate ${word(event.tool)}`,
    part: `gate ${event.call}`,
    attributes: attributesOf(draft, event.call, call),
  })
  for (const each of call.notes.splice(0)) noteOn(span, each)
  draft.ended.push(endSpan(span, { at: event.at }))
  if (event.verdict === 'refuse') draft.calls.delete(event.call)
}

function noteGrant(call: Call, { at, grant = '' }: EventOf<'call.judged'>): void {
  const attributes = { 'lockstep.approval.request': grant }
  call.notes.push({ name: 'lockstep.approval.used', at, attributes })
}

function attributesOf(draft: TraceDraft, id: string, call: Call): Attributes {
  const line = lineOf(draft, { branch: call.branch })
  const tool = line.plan?.tools.get(call.tool)
  return {
    'gen_ai.tool.name': word(call.tool),
    'gen_ai.tool.call.id': inBounds(id),
    'gen_ai.conversation.id': draft.run,
    'lockstep.verdict': call.verdict,
    ...(tool === undefined ? {} : { 'lockstep.tool.effect': tool.effect }),
    ...(line.at === null ? {} : { 'lockstep.step.name': line.at.name }),
    ...(call.args === null ? {} : { 'gen_ai.tool.call.arguments': call.args }),
    ...ofBranch(line),
  }
}

function readDispatch(draft: TraceDraft, event: EventOf<'tool.dispatched'>): void {
  const call = draft.calls.get(event.call)
  if (call === undefined) return
  if (call.span !== null) {
    // The process that ran it ended before it was done.
    draft.ended.push(endSpan(call.span, { at: event.at, error: 'interrupted' }))
  }
  start(draft, event, { id: event.call, call, attempt: event.attempt })
}

function start(
  draft: TraceDraft,
  event: Event,
  of: { readonly id: string; readonly call: Call; readonly attempt: number },
): void {
  const { id, call, attempt } = of
  const line = lineOf(draft, { branch: call.branch })
  const kind = line.plan?.tools.get(call.tool)?.kind
  // The first attempt begins with its verdict, so that the verdict is within it.
  const at = attempt === 1 ? (call.judged?.at ?? event.at) : event.at
  call.span = openSpan(
    { ...placeOf(draft, event), at },
    {
      traceId: draft.trace,
      parent: stepOf(draft, line, event),
      name: `execute_tool ${word(call.tool)}`,
      part: `tool ${id}`,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.type': kind === 'client' ? 'function' : 'extension',
        ...attributesOf(draft, id, call),
        'lockstep.tool.attempt': attempt,
      },
    },
  )
  for (const each of call.notes.splice(0)) noteOn(call.span, each)
}

/** Ends what ran; what the kernel or a client did without a dispatch is a span from its verdict on. */
function end(
  draft: TraceDraft,
  event: Event & { readonly call: string },
  how: { readonly error?: string; readonly over?: true; readonly attributes?: Attributes },
): void {
  const call = draft.calls.get(event.call)
  if (call === undefined) return
  if (call.span === null && event.type !== 'call.failed' && call.verdict === 'allow') {
    start(draft, event, { id: event.call, call, attempt: 1 })
  }
  if (call.span !== null) {
    const error = how.error === undefined ? null : word(how.error)
    draft.ended.push(endSpan(call.span, { ...how, error, at: event.at }))
    call.span = null
  }
  if (how.over === true) draft.calls.delete(event.call)
}

function failure(
  draft: TraceDraft,
  { error }: EventOf<'tool.failed'> | EventOf<'call.failed'>,
): Attributes {
  return {
    ...(error.category === undefined ? {} : { 'lockstep.error.category': error.category }),
    ...(error.executed === undefined ? {} : { 'lockstep.tool.executed': error.executed }),
    ...(draft.content ? { 'lockstep.error.message': inBounds(error.message) } : {}),
  }
}

function rejection(draft: TraceDraft, event: EventOf<'artifact.rejected'>): SpanNote {
  return {
    name: 'gen_ai.evaluation.result',
    at: event.at,
    attributes: {
      'gen_ai.evaluation.name': `artifact gate ${event.artifact}`,
      'gen_ai.evaluation.score.label': 'fail',
      'lockstep.artifact.rejection': event.reason,
      'lockstep.artifact.rules': [...new Set(event.findings.map(({ rule }) => rule))],
      ...(draft.content ? { 'gen_ai.evaluation.explanation': inBounds(event.message) } : {}),
    },
  }
}

/** Puts what happened to a call on its span, on the one that is to come, or on its step's. */
export function note(
  draft: TraceDraft,
  event: Event,
  { call: id, at: of }: { readonly call: string; readonly at: SpanNote },
): void {
  const call = draft.calls.get(id)
  if (call?.span) noteOn(call.span, of)
  else if (call !== undefined && call.verdict === '') call.notes.push(of)
  else noteOn(stepOf(draft, lineOf(draft, event), event), of)
}
