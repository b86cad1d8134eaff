import { expect, test } from 'vitest'
import { parseTraceparent } from './trace-context.ts'
import { telemetryFromEnv, TelemetryConfigError } from './telemetry-from-env.ts'

test.each([
  {},
  { LOCKSTEP_OTLP: '' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_SDK_DISABLED: 'true' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_TRACES_EXPORTER: 'none' },
])('nothing is traced where nobody asks for it: %o', (env) => {
  expect(telemetryFromEnv(env)).toBe(null)
})

test.each(['localhost:4318', 'ftp://collector', 'https//user:pa55word@collector'])(
  'an address that is none is named by its variable and never quoted: %s',
  (place) => {
    const asked = (): unknown => telemetryFromEnv({ LOCKSTEP_OTLP: place })
    expect(asked).toThrow(TelemetryConfigError)
    expect(asked).toThrow(/^LOCKSTEP_OTLP must be the http:\/\/ or https:\/\/ address/)
    expect(asked).not.toThrow(place)
  },
)

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test.each([
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-00`, true],
  [`cc-${TRACE}-${SPAN}-01-what-comes-later`, true],
  [`00-${TRACE}-${SPAN}-01-more`, false],
  [`ff-${TRACE}-${SPAN}-01`, false],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, false],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, false],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false],
  ['', false],
])('%s is a traceparent: %s', (text, isOne) => {
  expect(parseTraceparent(text)).toEqual(isOne ? { traceId: TRACE, spanId: SPAN } : null)
})
