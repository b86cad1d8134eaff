import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { SpanSink } from './span-telemetry.ts'
import { toReadableSpan } from './to-readable-span.ts'

/** Everything that an exporter is opened with. */
interface Opening {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly serviceName?: string
  readonly resource?: Readonly<Record<string, string>>
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly queue: number
}

/** Opens the OTLP/HTTP exporter. Nothing is sent before the first span. */
export function openOtlp(options: Opening): SpanSink {
  const { url, headers = {}, timeoutMs } = options
  const exporter = new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
  })
  return sinkOf(exporter, options)
}

/** Puts the SDK's queue before an exporter: bounded, in batches, on a timer that keeps no process alive. */
export function sinkOf(
  exporter: SpanExporter,
  options: Omit<Opening, 'url' | 'headers'>,
): SpanSink {
  const { serviceName = 'lockstep', resource: more = {}, intervalMs, timeoutMs, queue } = options
  const resource = resourceFromAttributes({ ...more, 'service.name': serviceName })
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: queue,
    maxExportBatchSize: Math.min(512, queue),
    scheduledDelayMillis: intervalMs,
    exportTimeoutMillis: timeoutMs,
  })
  return { processor, put: (span) => processor.onEnd(toReadableSpan(span, resource)) }
}
