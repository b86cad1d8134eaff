import type { Json, JsonObject } from '../spec/json.ts'

/** Something that was found out, and the event that says so. */
export interface Finding {
  readonly seq: number
  readonly tool: string
  readonly args: Json
  readonly output: Json
}

/** Something that was tried and did not happen: a refusal, a failure, a denial. */
export interface Attempt {
  readonly seq: number
  readonly call: string
  readonly tool: string
  readonly args: Json
  /** The gate that objected, or the code of the failure. */
  readonly gate: string
  readonly outcome: 'refused' | 'failed' | 'denied' | 'escalated'
  readonly reason: string
}

export type Urgency = 'low' | 'normal' | 'high' | 'critical'

/** Everything that a person needs to take over without the transcript (S2.11, S2.12). */
export interface Handoff {
  readonly run: string
  readonly workflow: string
  readonly step: string
  readonly subject: string
  readonly customer_id: string | null
  readonly summary: string
  readonly findings: readonly Finding[]
  readonly root_cause: string
  readonly attempts: readonly Attempt[]
  readonly amounts: readonly {
    readonly name: string
    readonly value: number
    /** The event that says so; null where it came with the run. */
    readonly seq: number | null
  }[]
  readonly recommended_action: string
  readonly urgency: Urgency
  readonly open_questions: readonly string[]
  /** The call that is left for the person to decide, with its arguments. */
  readonly held: { readonly call: string; readonly tool: string; readonly args: Json } | null
  /** What the workflow's own schema adds. */
  readonly fields: JsonObject
}
