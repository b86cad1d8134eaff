/*
 * lockstep/telemetry: traces of runs, read from their logs.
 */
export { otlpTelemetry } from './telemetry/otlp-telemetry.ts'
export type { OtlpOptions } from './telemetry/otlp-telemetry.ts'
export { telemetryFromEnv, TelemetryConfigError } from './telemetry/telemetry-from-env.ts'
export { createSpanReading, spansOf } from './telemetry/spans-of.ts'
export type { SpanOptions, SpanReading } from './telemetry/spans-of.ts'
export { measuresOf, meterOf } from './telemetry/meter-of.ts'
export type { Measure } from './telemetry/meter-of.ts'
export type { Span, SpanNote } from './telemetry/span.ts'
export type { Follower, Telemetry } from './drive/telemetry.ts'
