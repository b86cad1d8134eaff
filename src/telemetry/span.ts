import { spanIdOf, type SpanContext } from './trace-context.ts'

/*
 * A span as data, before any SDK: what a log says of one stretch of a run.
 */

export type AttributeValue = string | number | boolean | string[]
export type Attributes = Readonly<Record<string, AttributeValue>>

/** Something that happened within a span. */
export interface SpanNote {
  readonly name: string
  /** Milliseconds since 1970, like every time here: the event's own (Law 9). */
  readonly at: number
  readonly attributes: Attributes
}

/** One finished span. */
export interface Span extends SpanContext {
  readonly parent: SpanContext | null
  readonly name: string
  /** `client` for what leaves the process to be answered by a model. */
  readonly kind: 'internal' | 'client'
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Attributes
  readonly notes: readonly SpanNote[]
  readonly notesDropped: number
  readonly links: readonly SpanContext[]
  /** What `error.type` says; null where nothing went wrong. */
  readonly error: string | null
}

/** A span that is under way; one reading owns it. */
export interface OpenSpan extends SpanContext {
  readonly parent: SpanContext | null
  readonly name: string
  readonly kind: Span['kind']
  readonly startedAt: number
  readonly attributes: Record<string, AttributeValue>
  readonly notes: SpanNote[]
  notesDropped: number
  readonly links: readonly SpanContext[]
}

/** More than this many notes of one span are counted and not kept. */
const MOST_NOTES = 128
/** No name or text in a span is longer. */
export const LONGEST_TEXT = 8_192

/** Opens a span; the run's id and the event's number give its id, so that any process gives it the same. */
export function openSpan(
  of: { readonly run: string; readonly seq: number; readonly at: number },
  span: Pick<OpenSpan, 'traceId' | 'parent' | 'name'> & {
    readonly kind?: Span['kind']
    /** Tells spans apart that one event opens. */
    readonly part: string
    readonly attributes: Attributes
    readonly links?: readonly SpanContext[]
  },
): OpenSpan {
  const { part, kind = 'internal', links = [], attributes, ...rest } = span
  const spanId = spanIdOf(of, part)
  const own = { kind, links, attributes: { ...attributes }, startedAt: of.at }
  return { ...rest, ...own, spanId, notes: [], notesDropped: 0 }
}

/** Puts something that happened on a span. */
export function noteOn(span: OpenSpan, note: SpanNote): void {
  if (span.notes.length < MOST_NOTES) span.notes.push(note)
  else span.notesDropped++
}

/** Ends a span. */
export function endSpan(
  open: OpenSpan,
  end: { readonly at: number; readonly error?: string | null; readonly attributes?: Attributes },
): Span {
  const error = end.error ?? null
  const attributes = {
    ...open.attributes,
    ...end.attributes,
    ...(error === null ? {} : { 'error.type': error }),
  }
  // A clock that was set back gives no span a negative length.
  return { ...open, attributes, endedAt: Math.max(end.at, open.startedAt), error }
}
