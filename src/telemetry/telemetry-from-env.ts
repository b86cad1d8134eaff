import type { Telemetry } from '../drive/telemetry.ts'
import { otlpTelemetry } from './otlp-telemetry.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A variable that says something that cannot be used; the message never quotes it: it may hold a key. */
export class TelemetryConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TelemetryConfigError'
  }
}

/**
 * What the environment asks for, in OpenTelemetry's own variables, with LOCKSTEP_OTLP (a collector's
 * address) before them; null where it asks for nothing or OTEL_SDK_DISABLED says so. Throws a
 * TelemetryConfigError for an address that is none.
 */
export function telemetryFromEnv(env: Environment): Telemetry | null {
  const url = addressIn(env)
  if (url === null) return null
  const { 'service.name': named, ...resource } = pairsIn(env, 'OTEL_RESOURCE_ATTRIBUTES')
  const content = env['LOCKSTEP_OTLP_CONTENT'] ?? ''
  return otlpTelemetry({
    url,
    resource,
    serviceName: said(env, 'OTEL_SERVICE_NAME') ?? named ?? 'lockstep',
    headers: {
      ...pairsIn(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
      ...pairsIn(env, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
    },
    content: content === 'true' || content === '1',
  })
}

/** Of the general ones `/v1/traces` is a path below; the one for traces is taken as it is. */
function addressIn(env: Environment): string | null {
  if (env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return null
  const names = [
    'LOCKSTEP_OTLP',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ]
  const name = names.find((each) => said(env, each) !== null)
  if (name === undefined) return null
  const given = said(env, name) ?? ''
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const legal = 'the http:// or https:// address of a collector, like http://127.0.0.1:4318'
    throw new TelemetryConfigError(`${name} must be ${legal}`)
  }
  const whole = name === 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' || url.pathname.endsWith('/v1/traces')
  if (!whole) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`
  return url.href
}

function said(env: Environment, name: string): string | null {
  const text = env[name]?.trim() ?? ''
  return text === '' ? null : text
}

/** `key=value,key=value`, with values percent-encoded as OpenTelemetry has it. */
function pairsIn(env: Environment, name: string): Readonly<Record<string, string>> {
  const pairs: [string, string][] = []
  for (const pair of (said(env, name) ?? '').split(',')) {
    const [key = '', ...rest] = pair.split('=')
    if (key.trim() === '' || rest.length === 0) continue
    pairs.push([key.trim(), decoded(rest.join('=').trim())])
  }
  return Object.fromEntries(pairs)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
