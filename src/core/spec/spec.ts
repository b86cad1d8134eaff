import type { Json, JsonObject } from './json.ts'

/*
 * What an author writes, as types; schema.ts is the same as a zod schema and the compiler holds the
 * two together. Nothing here is filled in: defaults are compile.ts's, so that a new default never
 * changes the digest of an old workflow.
 */

/** A whole workflow: steps, tools, gates, budgets (DESIGN §3). */
export interface WorkflowSpec {
  /** Where an editor finds the JSON Schema; parseSpec leaves it out. */
  readonly $schema?: string
  readonly workflow: string
  readonly version?: string
  readonly about?: string
  /** JSON Schema of the run's input. */
  readonly input?: JsonObject
  /** `provider/model`; overridable per step and per run. */
  readonly model?: string
  /** The stable system prefix; a template, rendered once per run. */
  readonly instructions?: string
  /** How tools are shown to the model: only the legal ones, or all in a cache-stable prefix. */
  readonly scope?: 'strict' | 'stable'
  readonly settings?: ModelSettings
  /** Seconds for one model call; 300. */
  readonly timeout?: number
  readonly tools?: Readonly<Record<string, ToolSpec>>
  readonly gates?: Readonly<Record<string, GateSpec>>
  readonly budget?: BudgetSpec
  readonly start?: string
  readonly steps: Readonly<Record<string, StepSpec>> | readonly ListStepSpec[]
}

/** Where a tool comes from, and what rules need to know of it. */
export interface ToolSpec {
  readonly about?: string
  /** A path from the workflow's file; the module exports the tool under its name. */
  readonly module?: string
  /** The export's name when it is not the tool's. */
  readonly export?: string
  readonly http?: HttpSpec
  /** Executed by the caller: the run rests `needs_client` (S0.27). */
  readonly client?: true
  readonly input?: JsonObject
  readonly output?: JsonObject
  /** `write` unless said otherwise: what may change the world is judged alone and synced. */
  readonly effect?: 'read' | 'write'
  readonly risk?: 'low' | 'medium' | 'high'
  /** The same key twice has one effect, so a cut-off write may be sent again (Law 11). */
  readonly idempotent?: boolean
  /** The tool that takes this one's effect back. */
  readonly undo?: string
  readonly trust?: 'trusted' | 'untrusted'
  /** Seconds for one dispatch; 60. */
  readonly timeout?: number
  readonly retry?: Readonly<Record<string, RetryRule>>
}

/** A templated request; argument values are data in it, never templates or hosts. */
export interface HttpSpec {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Json
  /** Hosts that may resolve to private or loopback addresses. */
  readonly allow?: readonly string[]
}

/** What to do about one error code (S1.15). */
export type RetryRule =
  | 'never'
  | {
      /** Dispatches in all, the first included; 3. */
      readonly tries?: number
      readonly backoff?: 'fixed' | 'exponential'
      /** Seconds before the first retry; 1. */
      readonly delay?: number
      /** The field of the error that says how many seconds to wait. */
      readonly after?: string
    }

/** A deterministic rule on tool calls; every predicate must hold (S2.2). */
export interface GateSpec {
  /** The rule in words; shown when it refuses. */
  readonly about?: string
  readonly on: string | readonly string[]
  readonly needs?: readonly string[]
  readonly allow?: string
  readonly from?: Readonly<Record<string, string | readonly string[]>>
  readonly limit?: { readonly calls: number; readonly per?: string }
  readonly confirm?: true
  readonly else?: 'refuse' | 'approve' | 'escalate'
}

export interface BudgetSpec {
  /** Per turn; 500. The next one is not taken (S3.23). */
  readonly transitions?: number
  /** Model calls per visit of a step; 25. */
  readonly iterations?: number
  /** Dispatches per run; 100. */
  readonly calls?: number
  /** Input and output tokens per run. */
  readonly tokens?: number
  /** Per run, waiting excluded. */
  readonly seconds?: number
}

export interface StepSpec {
  readonly about?: string
  readonly prompt: string
  /** In scope in this step; none when omitted. */
  readonly tools?: readonly string[]
  readonly choose?: ToolChoice
  /** JSON Schema of the step's final answer; without it the answer is text. */
  readonly output?: JsonObject
  /** Conditions that must hold before the step may end (S0.5). */
  readonly accept?: readonly string[]
  readonly next?: string | readonly NextSpec[]
  /** The step at which a later user message resumes (S3.8). */
  readonly reenter?: string
  readonly budget?: { readonly iterations?: number }
  readonly model?: string
  readonly settings?: ModelSettings
  readonly timeout?: number
}

/** A step of a list; its name defaults to `step-N`. */
export interface ListStepSpec extends StepSpec {
  readonly name?: string
}

export interface NextSpec {
  readonly to: string
  readonly when?: string
  /** Fires when this tool's result is committed and the batch is done (S4.10). */
  readonly after?: string
}

export type ToolChoice = 'auto' | 'required' | 'none' | { readonly tool: string }

export interface ModelSettings {
  readonly temperature?: number
  readonly top_p?: number
  readonly max_output_tokens?: number
  readonly seed?: number
  /** Provider options, by provider. */
  readonly provider?: Readonly<Record<string, JsonObject>>
}
