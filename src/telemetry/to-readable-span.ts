import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Span } from './span.ts'
import type { SpanContext } from './trace-context.ts'

/** As the SDK's exporters read it. Every span is sampled: whoever wants fewer samples in a collector. */
export function toReadableSpan(span: Span, resource: Resource): ReadableSpan {
  const startTime = toHrTime(span.startedAt)
  return {
    name: span.name,
    kind: span.kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
    spanContext: () => toContext(span),
    ...(span.parent === null ? {} : { parentSpanContext: toContext(span.parent) }),
    startTime,
    endTime: toHrTime(span.endedAt),
    duration: toHrTime(span.endedAt - span.startedAt),
    status: { code: span.error === null ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
    attributes: { ...span.attributes },
    links: span.links.map((link) => ({ context: toContext(link) })),
    events: span.notes.map(({ name, at, attributes }) => ({
      name,
      time: toHrTime(at),
      attributes: { ...attributes },
    })),
    ended: true,
    resource,
    instrumentationScope: { name: 'lockstep' },
    droppedAttributesCount: 0,
    droppedEventsCount: span.notesDropped,
    droppedLinksCount: 0,
  }
}

function toContext({ traceId, spanId }: SpanContext): {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: TraceFlags
} {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
}

function toHrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]
}
