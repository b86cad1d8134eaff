import type { Json, JsonObject } from '../core/spec/json.ts'

/** What the function of a gate's `check` may read: committed facts, as conditions read them (Law 3). */
export interface CheckContext {
  readonly tool: string
  readonly args: Json
  readonly input: JsonObject
  readonly user: JsonObject
  readonly tools: JsonObject
  readonly calls: readonly Json[]
  readonly session: JsonObject
  /** Milliseconds since 1970: the time of the run's last event. */
  readonly now: number
  readonly signal: AbortSignal
}

/**
 * The function of a gate's `check`: true lets the call pass, false (or a reason in words) does not.
 * What throws, takes too long or answers anything else refuses (Law 4).
 */
export type GateCheck = (
  context: CheckContext,
) =>
  | boolean
  | { readonly holds: boolean; readonly reason?: string }
  | Promise<boolean | { readonly holds: boolean; readonly reason?: string }>
