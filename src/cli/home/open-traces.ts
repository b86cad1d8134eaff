import type { Telemetry } from '../../drive/telemetry.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../usage-error.ts'

const ASKING = [
  'LOCKSTEP_OTLP',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
] as const

/**
 * What traces runs, where the environment names a collector; null, and nothing loaded, where it does
 * not. Throws a UsageError for an address that is none. The caller closes it.
 */
export async function openTraces(env: Cli['env']): Promise<Telemetry | null> {
  if (ASKING.every((name) => (env[name] ?? '') === '')) return null
  const { telemetryFromEnv, TelemetryConfigError } =
    await import('../../telemetry/telemetry-from-env.ts')
  try {
    return telemetryFromEnv(env)
  } catch (error) {
    if (error instanceof TelemetryConfigError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
