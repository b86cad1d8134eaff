import type { JsonObject } from './json.ts'

/** Settings of a model call; each provider takes what it knows. */
export interface ModelSettings {
  readonly temperature?: number
  readonly top_p?: number
  readonly max_output_tokens?: number
  readonly seed?: number
  /** Provider options, by provider. */
  readonly provider?: Readonly<Record<string, JsonObject>>
}
