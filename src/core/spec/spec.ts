import type { ArtifactSpec, DecisionsSpec, LocaleSpec, RefuseSpec, SlotSpec } from './chain-spec.ts'
import type { GuidelinesSpec } from './guideline/guideline.ts'
import type { Json, JsonObject } from './json.ts'
import type { MemorySpec } from './memory-spec.ts'
import type { ModelSettings } from './model-settings.ts'

export type { ModelSettings } from './model-settings.ts'

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
  /** USD per million tokens, by `provider/model`; goes before the built-in table. */
  readonly prices?: Readonly<Record<string, PriceSpec>>
  /** Picks the column of `risks` that holds. */
  readonly domain?: string
  /** Risk tiers by domain, then by tool (S4.39). */
  readonly risks?: Readonly<Record<string, Readonly<Record<string, Risk>>>>
  /** Who may approve, where a gate does not say. */
  readonly approval?: ApprovalSpec
  /** Roles by person; without it a host says who has which role. */
  readonly people?: Readonly<Record<string, readonly string[]>>
  readonly handoff?: HandoffSpec
  readonly artifacts?: Readonly<Record<string, ArtifactSpec>>
  readonly slots?: Readonly<Record<string, SlotSpec>>
  /** Notes that outlive a run (S0.21). */
  readonly memory?: MemorySpec
  /** Rules in prose that enter the system prefix once per run: by id, or matched to the task (S0.20). */
  readonly guidelines?: readonly string[] | GuidelinesSpec
  /** Told to every role, once (S4.33). */
  readonly locale?: LocaleSpec
  readonly refuse?: RefuseSpec
  readonly decisions?: 'native' | 'infer' | DecisionsSpec
  /** What conditions and templates read as `$.agent.metadata` (S3.12). */
  readonly metadata?: JsonObject
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
  /** A sub-run with a fresh history: a path from the workflow's file, or a workflow (S3.18). */
  readonly workflow?: string | WorkflowSpec
  readonly input?: JsonObject
  readonly output?: JsonObject
  /** `write` unless said otherwise: what may change the world is judged alone and synced. */
  readonly effect?: 'read' | 'write'
  readonly risk?: Risk
  /** The same key twice has one effect, so a cut-off write may be sent again (Law 11). */
  readonly idempotent?: boolean
  /**
   * The tool that takes this one's effect back. A name: it gets the members of the output, then of
   * the arguments, that its schema names. With `args`: paths over `$.args` and `$.output`.
   */
  readonly undo?:
    | string
    | { readonly tool: string; readonly args: Readonly<Record<string, string>> }
  /** After so many failures in a row, calls are refused for a while; 5 and 60. `false`: never. */
  readonly breaker?: false | { readonly failures?: number; readonly seconds?: number }
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
  /** The tools that it holds: names, or `*` for all but the kernel's own. */
  readonly on: string | readonly string[]
  /** With `on: '*'`: the tools that it does not hold. */
  readonly except?: readonly string[]
  readonly needs?: readonly string[]
  readonly allow?: string
  readonly from?: Readonly<Record<string, string | readonly string[]>>
  readonly limit?: { readonly calls: number; readonly per?: string }
  /** Arguments whose value may not come only from untrusted results: names, or paths. */
  readonly clean?: readonly string[]
  readonly confirm?: true
  /** A function over the same facts; its answer is recorded, and it has a time limit. */
  readonly check?: CheckSpec
  /** Who may approve, where `else` is `approve`. */
  readonly approval?: ApprovalSpec
  readonly else?: 'refuse' | 'approve' | 'escalate'
}

export type Risk = 'low' | 'medium' | 'high'

/** A function that a gate asks; its export is named like the gate unless `export` says otherwise. */
export interface CheckSpec {
  /** A path from the workflow's file; without it, `createRuntime({ checks })` has it. */
  readonly module?: string
  readonly export?: string
  /** Seconds; 5. */
  readonly timeout?: number
}

/** Who lets a held call go. */
export interface ApprovalSpec {
  /** How many different people; 1. With 2 or more, never who started the run. */
  readonly approvers?: number
  /** Names or roles. */
  readonly by?: readonly string[]
  /** Seconds until a request is void; 86,400. */
  readonly expires?: number
  /** Tools of this tier and above need an approval; `high`. */
  readonly risk?: 'medium' | 'high'
}

/** USD per million tokens. */
export interface PriceSpec {
  readonly input: number
  readonly output: number
  /** Of input tokens read from the provider's cache; the input price where absent. */
  readonly cached?: number
}

export type Urgency = 'low' | 'normal' | 'high' | 'critical'

/** What the packet for a person holds, beyond what the log gives by itself (S2.11). */
export interface HandoffSpec {
  /** JSON Schema of further fields; `required` ones must be there before the run is handed off. */
  readonly schema?: JsonObject
  /** By field of the schema: the path that fills it. */
  readonly fields?: Readonly<Record<string, string>>
  /** A template; what the matter is about. */
  readonly subject?: string
  /** The path of the customer's id. */
  readonly customer?: string
  /** By name: paths of sums that matter. */
  readonly amounts?: Readonly<Record<string, string>>
  /** One urgency, or by urgency the condition under which it holds; the highest that does counts. */
  readonly urgency?: Urgency | Readonly<Partial<Record<Urgency, string>>>
  /** Looked at when a turn begins and before each model call: where it holds, a person takes over. */
  readonly when?: string
  /** Where the packet is posted, signed; `secret` names an environment variable. */
  readonly webhook?: { readonly url: string; readonly secret?: string; readonly tries?: number }
}

/** Limits over a span: a visit of a step, a turn. */
export interface SpanBudget {
  readonly calls?: number
  readonly tokens?: number
  readonly usd?: number
  /** Waiting excluded. */
  readonly seconds?: number
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
  /** Per run; a model without a known price is then an error. */
  readonly usd?: number
  /** Per run, waiting excluded. */
  readonly seconds?: number
  /** The same for one turn. */
  readonly turn?: SpanBudget
}

export interface StepSpec {
  readonly about?: string
  /** Needed but for an `each` step. */
  readonly prompt?: string
  /** Runs `run` once for each: a path of a list, or the list itself (S2.13). */
  readonly each?: string | readonly Json[]
  /** The workflow of one item, which it reads as `input.item`: a path from this file, or a workflow. */
  readonly run?: string | WorkflowSpec
  /** How many sub-runs at once; 4. */
  readonly parallel?: number
  /** `all` must complete (the default), `any` one, or `settle`: take them as they come out. */
  readonly policy?: 'all' | 'any' | 'settle'
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
  readonly budget?: SpanBudget & { readonly iterations?: number }
  /**
   * What happens when the step cannot be completed; `stop`. A failed write then fails the step.
   * `rewind` takes back what was written since that checkpoint, once per turn, and goes on from there,
   * or with `to` at that step.
   */
  readonly fail?:
    | 'stop'
    | { readonly to: string }
    | { readonly rewind: string; readonly to?: string }
  /** A name for the place after this step, to go back to. */
  readonly checkpoint?: string
  /**
   * The artifacts that this step writes: `store_artifact` is in scope, for these alone, and the step
   * does not end before each is published.
   */
  readonly write?: string | readonly string[]
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
