import type { Telemetry } from '../drive/telemetry.ts'
import { spanTelemetry } from './span-telemetry.ts'

export interface OtlpOptions {
  /** Where traces are posted, whole: `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** `lockstep` when left out. */
  readonly serviceName?: string
  /** Beside the name of the service. */
  readonly resource?: Readonly<Record<string, string>>
  /** Puts arguments, results, prompts and answers on spans; no when left out. */
  readonly content?: boolean
  /** Between two batches. */
  readonly intervalMs?: number
  /** How long one batch may take, and `close` at most. */
  readonly timeoutMs?: number
  /** Spans that wait; what comes on top is lost. */
  readonly queue?: number
}

const DEFAULTS = { intervalMs: 2_000, timeoutMs: 5_000, queue: 4_096 }

/**
 * Sends the traces of runs to a collector over OTLP/HTTP. The exporter is loaded with the first span;
 * until then a runtime that traces costs what one does that does not. Call `close` at the end: it sends
 * what is left, waits no longer than `timeoutMs`, and never rejects.
 */
export function otlpTelemetry(options: OtlpOptions): Telemetry {
  return spanTelemetry({
    content: options.content === true,
    timeoutMs: options.timeoutMs ?? DEFAULTS.timeoutMs,
    queue: options.queue ?? DEFAULTS.queue,
    open: async () => {
      const { openOtlp } = await import('./open-otlp.ts')
      return openOtlp({ ...DEFAULTS, ...options })
    },
  })
}
