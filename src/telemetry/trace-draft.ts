import type { Event } from '../core/log/event.ts'
import type { Plan } from '../core/spec/plan.ts'
import {
  endSpan,
  noteOn,
  openSpan,
  type Attributes,
  type OpenSpan,
  type Span,
  type SpanNote,
} from './span.ts'
import type { SpanContext } from './trace-context.ts'

/*
 * What a reading of a log keeps between two events: the spans that are under way, per branch and per
 * call. Its size is that of what is under way, not of the log.
 */

/** One line of history: the run's own, or a sub-run's. */
export interface Line {
  readonly branch: string
  /** Null where whoever reads has no plan; then no model is named. */
  readonly plan: Plan | null
  readonly workflow: string
  /** What a sub-run's spans hang under; null for the run itself. */
  readonly above: SpanContext | null
  /** The stretch from when it went on until it rests. */
  leg: OpenSpan | null
  step: OpenSpan | null
  /** The step in which it stands, whether or not its span is cut by a rest. */
  at: { readonly name: string; readonly visit: number } | null
  model: { readonly span: OpenSpan; readonly role: string } | null
  /** What happened while it rested. */
  readonly waiting: SpanNote[]
}

/** A tool call that has no result yet. */
export interface Call {
  readonly tool: string
  readonly branch: string
  verdict: string
  /** Where it was judged. */
  judged: { readonly seq: number; readonly at: number } | null
  /** What happened since, for the span that comes. */
  notes: SpanNote[]
  span: OpenSpan | null
  /** Its arguments, where content is asked for. */
  args: string | null
}

export interface TraceDraft {
  /** Whether arguments, results and words are put on spans. */
  readonly content: boolean
  run: string
  trace: string
  /** Where somebody else's trace goes on in this run; null where the run is its own. */
  remote: SpanContext | null
  /** The run's first span, under which later turns hang. */
  root: SpanContext | null
  /** What the next leg is linked to: the run that this one is a fork of. */
  links: readonly SpanContext[]
  turn: number
  /** The run's own choice of model. */
  model: string | null
  readonly lines: Map<string, Line>
  readonly calls: Map<string, Call>
  readonly callIds: Set<string>
  /** Spans that ended with the event that is being read. */
  ended: Span[]
}

/** Begins with nothing read. */
export function newTrace(plan: Plan | null, content: boolean): TraceDraft {
  const lines = new Map<string, Line>()
  const nothing = { remote: null, root: null, links: [], turn: 0, model: null }
  const draft: TraceDraft = {
    ...nothing,
    content,
    run: '',
    trace: '',
    lines,
    calls: new Map(),
    callIds: new Set(),
    ended: [],
  }
  lines.set('', newLine({ branch: '', plan, workflow: plan?.name ?? '', above: null }))
  return draft
}

/** A line that has not begun. */
export function newLine(of: Pick<Line, 'branch' | 'plan' | 'workflow' | 'above'>): Line {
  return { ...of, leg: null, step: null, at: null, model: null, waiting: [] }
}

/** The line of an event. */
export function lineOf(draft: TraceDraft, { branch = '' }: Pick<Event, 'branch'>): Line {
  const known = draft.lines.get(branch)
  if (known !== undefined) return known
  // Of a log that is read from its middle.
  const line = newLine({ branch, plan: null, workflow: '', above: null })
  draft.lines.set(branch, line)
  return line
}

/** Where an event stands, for the ids of the spans that it opens. */
export function placeOf(
  draft: TraceDraft,
  { seq, at }: Pick<Event, 'seq' | 'at'>,
): { readonly run: string; readonly seq: number; readonly at: number } {
  return { run: draft.run, seq, at }
}

/** The span of what a line does until it rests; opened with its first event after a rest. */
export function legOf(draft: TraceDraft, line: Line, event: Event): OpenSpan {
  if (line.leg !== null) return line.leg
  const main = line.branch === ''
  const parent = main ? (draft.root ?? draft.remote) : (line.above ?? mainLeg(draft, event))
  const leg = openSpan(placeOf(draft, event), {
    traceId: draft.trace,
    parent,
    name: line.workflow === '' ? 'invoke_workflow' : `invoke_workflow ${line.workflow}`,
    part: `leg ${line.branch}`,
    attributes: {
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.conversation.id': draft.run,
      ...(line.workflow === '' ? {} : { 'gen_ai.workflow.name': line.workflow }),
      'lockstep.turn': draft.turn,
      ...(line.plan === null ? {} : { 'lockstep.workflow.digest': line.plan.digest }),
      ...ofBranch(line),
    },
    links: main ? draft.links : [],
  })
  if (main) {
    draft.root ??= { traceId: leg.traceId, spanId: leg.spanId }
    draft.links = []
  }
  for (const note of line.waiting.splice(0)) noteOn(leg, note)
  line.leg = leg
  return leg
}

function mainLeg(draft: TraceDraft, event: Event): OpenSpan {
  return legOf(draft, lineOf(draft, {}), event)
}

/** The span of the visit that is under way, else that of the line. */
export function stepOf(draft: TraceDraft, line: Line, event: Event): OpenSpan {
  if (line.step !== null) return line.step
  const leg = legOf(draft, line, event)
  if (line.at === null) return leg
  const { name, visit } = line.at
  line.step = openSpan(placeOf(draft, event), {
    traceId: draft.trace,
    parent: leg,
    name: `step ${name}`,
    part: `step ${line.branch}`,
    attributes: {
      'gen_ai.conversation.id': draft.run,
      'lockstep.step.name': name,
      'lockstep.step.visit': visit,
      ...ofBranch(line),
    },
  })
  return line.step
}

/** Which sub-run a span is of; nothing for the run's own. */
export function ofBranch({ branch }: Pick<Line, 'branch'>): Attributes {
  return branch === '' ? {} : { 'lockstep.branch': branch }
}

/** Ends the span of a line's visit, where there is one. */
export function endStep(
  draft: TraceDraft,
  line: Line,
  end: { readonly at: number; readonly error?: string; readonly attributes?: Attributes },
): void {
  if (line.step === null) return
  draft.ended.push(endSpan(line.step, end))
  line.step = null
}
