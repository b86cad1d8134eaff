import type { Event } from '../core/log/event.ts'
import type { Plan } from '../core/spec/plan.ts'
import { noteOf } from './note-of.ts'
import { note, readCall } from './read-call.ts'
import { readModel } from './read-model.ts'
import { readRun } from './read-run.ts'
import { noteOn, type Span } from './span.ts'
import { lineOf, newTrace, type TraceDraft } from './trace-draft.ts'

/*
 * A log read as a trace. Events go in, in their order; finished spans come out with the event that
 * ended them. Nothing here reads a clock, makes up an id or reaches outside, so whoever reads the
 * same log makes the same trace.
 */

export interface SpanOptions {
  /** The run's workflow, which knows its models and tools; without it they go unnamed. */
  readonly plan?: Plan
  /**
   * Puts arguments, results, prompts, answers and reasons on spans. Without it a span has names,
   * numbers and codes alone; a secret is a reference either way (Law 17).
   */
  readonly content?: boolean
}

/** A log that is read as it grows; O(1) for each event, and as large as what is under way (Law 10). */
export interface SpanReading {
  /** The spans that an event ends. */
  add(event: Event): readonly Span[]
}

/** Begins to read a log from its first event. */
export function createSpanReading({ plan, content = false }: SpanOptions = {}): SpanReading {
  const draft = newTrace(plan ?? null, content)
  return {
    add(event) {
      draft.ended = []
      read(draft, event)
      return draft.ended
    },
  }
}

/** All finished spans of a log, in the order in which they ended. */
export function spansOf(events: Iterable<Event>, options: SpanOptions = {}): readonly Span[] {
  const reading = createSpanReading(options)
  const spans: Span[] = []
  for (const event of events) spans.push(...reading.add(event))
  return spans
}

function read(draft: TraceDraft, event: Event): void {
  const isRead = readRun(draft, event) || readModel(draft, event) || readCall(draft, event)
  if (isRead) return
  const noted = noteOf(event, draft.content)
  if (noted === null) return
  const line = lineOf(draft, event)
  const at = { ...noted, at: event.at }
  if (line.leg === null) line.waiting.push(at)
  else if ('call' in event && typeof event.call === 'string')
    note(draft, event, { call: event.call, at })
  else noteOn(line.step ?? line.leg, at)
}
