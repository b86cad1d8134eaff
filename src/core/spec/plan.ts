import type { ArtifactSpec, SlotType } from './chain-spec.ts'
import type { Condition } from './condition/condition.ts'
import type { PlanGuidelines } from './guideline/guideline.ts'
import type { Json, JsonObject } from './json.ts'
import type { JsonPath } from './path/json-path.ts'
import type { SchemaCheck } from './json-schema.ts'
import type { SecretFields, SecretInput } from './secret-fields.ts'
import type {
  ModelSettings,
  PriceSpec,
  RetryRule,
  Risk,
  ToolChoice,
  Urgency,
  WorkflowSpec,
} from './spec.ts'
import type { Template } from './template/template.ts'

/*
 * A compiled workflow: everything parsed, every name resolved, every default filled in. `decide`
 * reads only this and the state.
 */

/** What is known of a tool's implementation before the workflow is compiled. */
export interface ToolFacts {
  readonly about: string
  /** JSON Schema of the arguments. */
  readonly input: JsonObject
  /** The tool's own schema, beside the JSON Schema; says what is wrong or null. */
  readonly check?: SchemaCheck
  readonly output?: JsonObject
  readonly effect?: 'read' | 'write'
  readonly risk?: Risk
  readonly idempotent?: boolean
  readonly timeout?: number
  readonly retry?: Readonly<Record<string, RetryRule>>
}

/** Who executes a tool: a runner, the caller, a sub-run, or the kernel itself. */
export type ToolKind =
  | 'server'
  | 'client'
  | 'workflow'
  | 'finish'
  | 'request-input'
  | 'escalate'
  | 'store-artifact'
  | 'verify-artifact'
  /** Its result is what a model wrote, so no fact (Law 3). */
  | 'read-artifact'
  /** Its result is what users and models wrote at other times: no fact, and not trusted. */
  | 'recall'
  | 'memorize'
  /** Its result is the author's own prose: nothing that a rule could rest on. */
  | 'guidelines'

/** How the effect of a call is taken back: by members of its output and arguments, or by paths. */
export interface PlanUndo {
  readonly tool: string
  readonly args: ReadonlyMap<string, JsonPath> | null
}

export interface PlanTool {
  readonly name: string
  readonly kind: ToolKind
  /** False where the kernel itself executes it: such a tool changes nothing outside the run. */
  readonly outward: boolean
  /** Of a tool that is a sub-run: under which name `plan.workflows` has it. */
  readonly workflow: string | null
  readonly about: string
  /** As a model is shown it: a secret is a text like any other. */
  readonly input: JsonObject
  /** Of arguments with references in the place of secrets (Law 17). */
  readonly check: SchemaCheck
  readonly secretInput: SecretInput | null
  readonly secretOutput: SecretFields | null
  /** JSON Schema of its result, where one was given. */
  readonly output: JsonObject | null
  readonly effect: 'read' | 'write'
  readonly risk: Risk
  readonly idempotent: boolean
  readonly undo: PlanUndo | null
  /** When calls to a failing tool are refused for a while; null never. */
  readonly breaker: { readonly failures: number; readonly seconds: number } | null
  readonly trust: 'trusted' | 'untrusted'
  readonly timeoutMs: number
  readonly retry: ReadonlyMap<string, RetryRule>
}

/** One `from` entry: every value at `argument` must be among those at `sources`. */
export interface Provenance {
  readonly argument: JsonPath
  readonly sources: readonly JsonPath[]
}

/** Who lets a held call go. */
export interface PlanApproval {
  readonly approvers: number
  readonly by: readonly string[]
  readonly expiresMs: number
}

export interface PlanGate {
  readonly name: string
  readonly about: string | null
  readonly needs: readonly string[]
  readonly allow: Condition | null
  readonly from: readonly Provenance[]
  readonly limit: { readonly calls: number; readonly per: JsonPath | null } | null
  readonly clean: readonly JsonPath[]
  readonly confirm: boolean
  /** True when a function is asked; `drive` has it under the gate's name. */
  readonly check: { readonly timeoutMs: number } | null
  readonly approval: PlanApproval
  readonly otherwise: 'refuse' | 'approve' | 'escalate'
}

export interface PlanNext {
  readonly to: string
  readonly when: Condition | null
  readonly after: string | null
  /** The entry's position in `next`; null when it is the list's own order. */
  readonly rule: number | null
}

export interface PlanStep {
  readonly name: string
  readonly prompt: Template
  readonly each: PlanEach | null
  readonly fail: PlanFail
  /** The author's name for the place after the step. */
  readonly checkpoint: string | null
  readonly budget: PlanSpan
  /** True when the prompt quotes the user's message, which then is not sent a second time. */
  readonly quotesMessage: boolean
  /** In scope, sorted. */
  readonly tools: readonly string[]
  readonly choose: ToolChoice
  readonly output: { readonly schema: JsonObject; readonly check: SchemaCheck } | null
  readonly accept: readonly Condition[]
  readonly next: readonly PlanNext[]
  readonly reenter: string | null
  readonly iterations: number
  readonly model: string | null
  readonly settings: ModelSettings
  readonly timeoutMs: number
  /** The artifacts that it writes; null where `store_artifact` may write any. */
  readonly write: readonly string[] | null
}

/** Runs a sub-workflow once per item. */
export interface PlanEach {
  readonly items: JsonPath | readonly Json[]
  /** True when no model wrote the items: they come from the input, the user, tools or the author. */
  readonly trusted: boolean
  /** Under which name `plan.workflows` has it. */
  readonly workflow: string
  readonly parallel: number
  readonly policy: 'all' | 'any' | 'settle'
}

export type PlanFail =
  | null
  | { readonly type: 'stop' }
  | { readonly type: 'to'; readonly step: string }
  | {
      readonly type: 'rewind'
      readonly checkpoint: string
      /** Where to go on instead of where the checkpoint leads. */
      readonly step: string | null
    }

/** Limits over a span; null where there is none. */
export interface PlanSpan {
  readonly calls: number | null
  readonly tokens: number | null
  readonly usd: number | null
  readonly seconds: number | null
}

export interface PlanBudget {
  /** Per turn. */
  readonly transitions: number
  readonly run: PlanSpan
  readonly turn: PlanSpan
}

/** An artifact: its gate's rules stay as they were written, for whoever puts it (S4.19). */
export interface PlanArtifact {
  readonly name: string
  readonly spec: ArtifactSpec
  readonly compose: PlanComposer | null
  readonly verify: PlanVerifier | null
  readonly ttlMs: number | null
}

export interface PlanComposer {
  readonly prompt: Template
  readonly model: string | null
  readonly settings: ModelSettings
  /** What it is handed, by name; null for all slots and the newest result of each tool. */
  readonly inputs: ReadonlyMap<string, JsonPath> | null
}

export interface PlanVerifier {
  readonly prompt: Template
  readonly model: string | null
  readonly settings: ModelSettings
  readonly pass: number
  readonly attempts: number
}

/** A value that the user gives. */
export interface PlanSlot {
  readonly name: string
  readonly type: SlotType
  readonly question: string
  readonly required: boolean
  readonly options: readonly string[]
  readonly fallback: Json | null
  readonly check: SchemaCheck
  /** Slots that must be filled first; null takes any value. */
  readonly dependsOn: ReadonlyMap<string, Json | null>
}

export interface PlanDecisions {
  /** True when models are bound to the envelope's schema. */
  readonly native: boolean
  readonly doubt: { readonly below: number; readonly turns: number } | null
}

/** Whose memory a workflow has, and what it does with it by itself (S0.21). */
export interface PlanMemory {
  readonly record: Template
  /** The variables of `record`, each alone: none of them may come to nothing. */
  readonly variables: readonly Template[]
  readonly recall: { readonly limit: number; readonly query: Template | null } | null
  readonly memorize: { readonly toolResults: boolean } | null
}

export interface PlanHandoff {
  readonly schema: { readonly schema: JsonObject; readonly check: SchemaCheck } | null
  readonly fields: ReadonlyMap<string, JsonPath>
  readonly subject: Template | null
  readonly customer: JsonPath | null
  readonly amounts: ReadonlyMap<string, JsonPath>
  /** The highest first. */
  readonly urgency: readonly { readonly is: Urgency; readonly when: Condition | null }[]
  readonly when: Condition | null
  readonly webhook: {
    readonly url: string
    readonly secret: string | null
    readonly tries: number
  } | null
}

export interface Plan {
  readonly name: string
  readonly digest: string
  readonly spec: WorkflowSpec
  /** Digests of the modules that it rests on, by their path as it writes them. */
  readonly modules: Readonly<Record<string, string>>
  readonly instructions: Template | null
  readonly scope: 'strict' | 'stable'
  /** Of an input with references in the place of secrets (Law 17). */
  readonly input: SchemaCheck | null
  readonly secretInput: SecretInput | null
  /** Every tool that some step has in scope or a gate names, by name. */
  readonly tools: ReadonlyMap<string, PlanTool>
  /** The union of all steps' tools, sorted: what `stable` sends at every call. */
  readonly toolNames: readonly string[]
  readonly gatesOn: ReadonlyMap<string, readonly PlanGate[]>
  readonly budget: PlanBudget
  readonly prices: ReadonlyMap<string, PriceSpec>
  /** For tools of the tier that needs one. */
  readonly approval: PlanApproval & { readonly risk: 'medium' | 'high' }
  /** Roles by person; null where a host says who has which. */
  readonly people: ReadonlyMap<string, readonly string[]> | null
  readonly handoff: PlanHandoff | null
  readonly artifacts: ReadonlyMap<string, PlanArtifact>
  readonly slots: ReadonlyMap<string, PlanSlot>
  readonly decisions: PlanDecisions
  readonly memory: PlanMemory | null
  readonly guidelines: PlanGuidelines | null
  /** What `locale` and `refuse` tell every role; null where there is neither. */
  readonly policy: string | null
  /** Sub-workflows, by the name under which steps and tools know them. */
  readonly workflows: ReadonlyMap<string, Plan>
  /** Every tool name that a fold keeps a history of: its own and its sub-workflows'. */
  readonly histories: readonly string[]
  readonly steps: ReadonlyMap<string, PlanStep>
  readonly start: string
  /** The plan of what a sub-run belongs to, whose limits and prices hold for it too; else null. */
  readonly outer: Plan | null
}
