import type { Reason, Verdict } from '../../core/log/event.ts'
import type { Json, JsonObject } from '../../core/spec/json.ts'

/*
 * What an author writes in `evals/*.yaml` (S4.28), as types; eval-schema.ts checks it.
 */

/** A call by its tool, or by its tool and some of its arguments. */
export type WrittenCall = string | { readonly tool: string; readonly args?: JsonObject }

/** A criterion that is a map may say itself that it is soft. */
interface MaybeSoft {
  readonly soft?: boolean
}

export interface WrittenPath extends MaybeSoft {
  readonly exact?: readonly string[]
  /** In this order; others may lie between. */
  readonly contains?: readonly string[]
  readonly never?: readonly string[]
  /** Steps of sub-runs count as well. */
  readonly sub_runs?: boolean
}

export interface WrittenCalls extends MaybeSoft {
  readonly exact?: readonly WrittenCall[]
  /** In this order; others may lie between. */
  readonly subset?: readonly WrittenCall[]
  readonly never?: readonly WrittenCall[]
}

export interface WrittenVerdict {
  readonly tool: string
  readonly verdict: Verdict
  /** The gate that said so. */
  readonly gate?: string
  readonly reason_has?: string
  readonly args?: JsonObject
}

export interface WrittenOutput extends MaybeSoft {
  readonly equals?: Json
  /** At least these members, at any depth. */
  readonly has?: Json
  readonly schema?: JsonObject
  readonly where?: readonly string[]
}

export interface WrittenArtifact {
  readonly published?: boolean
  readonly version?: number
  readonly min_chars?: number
  readonly max_chars?: number
  readonly min_score?: number
  readonly contains?: string | readonly string[]
  readonly lacks?: string | readonly string[]
  /** Regular expressions, with the flags `iu`. */
  readonly matches?: string | readonly string[]
  /** How often it was rejected, by reason; `all` is their sum. */
  readonly rejections?: Readonly<Record<string, number>>
}

export interface WrittenBudget extends MaybeSoft {
  readonly model_calls?:
    | number
    | {
        readonly all?: number
        readonly planner?: number
        readonly composer?: number
        readonly verifier?: number
      }
  readonly tool_calls?: number
  readonly tokens?: number
  readonly usd?: number
  readonly transitions?: number
}

export interface WrittenSlots extends MaybeSoft {
  /** Exactly these were asked for, in any order. */
  readonly asked?: readonly string[]
  readonly filled?: JsonObject
}

export interface WrittenConfidence extends MaybeSoft {
  readonly min?: number
  readonly mean?: number
  /** Never under `below` for `turns` decisions in a row (1 when left out). */
  readonly below?: number
  readonly turns?: number
}

export interface WrittenJudge extends MaybeSoft {
  readonly rubric: string
  /** The least grade, of 1 to 10, that passes; 7. */
  readonly pass?: number
  readonly model?: string
}

export interface WrittenCriteria {
  readonly path?: readonly string[] | WrittenPath
  /** Calls that ran. */
  readonly tools?: WrittenCalls
  /** Calls that the model asked for, whatever was said of them. */
  readonly calls?: WrittenCalls
  /** In the order in which they were given; others may lie between. */
  readonly verdicts?: readonly WrittenVerdict[]
  readonly reason?: Reason | readonly Reason[]
  readonly output?: WrittenOutput
  readonly artifacts?: Readonly<Record<string, WrittenArtifact>>
  readonly budget?: WrittenBudget
  readonly slots?: WrittenSlots
  readonly confidence?: WrittenConfidence
  /** Conditions over the run record. */
  readonly accept?: string | readonly string[]
  readonly judge?: WrittenJudge
}

export type WrittenAnswer =
  | string
  | { readonly by: string; readonly call?: string; readonly reason?: string }

/** One thing that a user does once the run rests. */
export interface WrittenTurn {
  readonly send?: string | JsonObject
  readonly answer?: Json
  readonly fail?: { readonly code: string; readonly message: string }
  readonly approve?: WrittenAnswer
  readonly deny?: WrittenAnswer
  readonly confirm?: { readonly tool: string; readonly args: JsonObject }
  readonly state?: { readonly kind: string; readonly facts: JsonObject }
  readonly fill?: JsonObject
  readonly settle?: { readonly executed: boolean; readonly output?: Json }
  readonly rewind?: string
  readonly resume?: true
  readonly cancel?: true
}

export interface WrittenCase {
  readonly case: string
  readonly about?: string
  /** From the file; `../workflow.yaml` when left out. */
  readonly workflow?: string
  readonly input?: string | JsonObject
  readonly session?: string | JsonObject
  readonly states?: readonly { readonly kind: string; readonly facts: JsonObject }[]
  readonly script?: string | readonly unknown[]
  readonly recording?: string
  readonly model?: string
  /** The script is what is tried out: `--model` does not take its place. */
  readonly pinned?: boolean
  readonly turns?: readonly WrittenTurn[]
  readonly criteria: WrittenCriteria & { readonly soft?: WrittenCriteria }
}
