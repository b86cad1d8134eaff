import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Telemetry } from '../drive/telemetry.ts'
import { followSpans } from './follow-spans.ts'
import type { Span } from './span.ts'

/*
 * Spans on their way out. They wait in a queue of a fixed length and go in batches, beside the run;
 * what a collector does not take is lost, and no run waits or fails for it.
 */

/** Where spans go: an exporter of the OpenTelemetry SDK behind a processor of it. */
export interface SpanSink {
  readonly processor: SpanProcessor
  readonly put: (span: Span) => void
}

/** Traces runs into any sink, which is opened with the first span. */
export function spanTelemetry(options: {
  readonly content: boolean
  readonly timeoutMs: number
  readonly queue: number
  readonly open: () => Promise<SpanSink>
}): Telemetry {
  const { content, queue, open, timeoutMs } = options
  let opening: Promise<SpanSink | null> | null = null
  let sink: SpanSink | null = null
  let isClosed = false
  /** Before the exporter is there. */
  const early: Span[] = []
  const ended = (spans: readonly Span[]): void => {
    if (isClosed) return
    opening ??= open().then(
      (opened) => {
        sink = opened
        for (const span of early.splice(0)) opened.put(span)
        return opened
      },
      () => {
        isClosed = true
        early.length = 0
        return null
      },
    )
    for (const span of spans) {
      if (sink !== null) sink.put(span)
      else if (early.length < queue) early.push(span)
    }
  }
  return {
    follow: (plan) => followSpans(plan, { content, ended }),
    async close() {
      const opened = await opening
      isClosed = true
      if (opened !== null) await atMost(timeoutMs, opened.processor.shutdown())
    },
  }
}

/** Waits for something that may fail, or for so long. */
async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  void work.then(resolve, () => resolve())
  await promise
  clearTimeout(timer)
}
