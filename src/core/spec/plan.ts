import type { Condition } from './condition.ts'
import type { JsonObject } from './json.ts'
import type { JsonPath } from './json-path.ts'
import type { SchemaCheck } from './json-schema.ts'
import type { ModelSettings, RetryRule, ToolChoice, WorkflowSpec } from './spec.ts'
import type { Template } from './template.ts'

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
  readonly risk?: 'low' | 'medium' | 'high'
  readonly idempotent?: boolean
  readonly timeout?: number
  readonly retry?: Readonly<Record<string, RetryRule>>
}

/** Who executes a tool: a runner, the caller, or the kernel itself. */
export type ToolKind = 'server' | 'client' | 'finish' | 'request-input' | 'escalate'

export interface PlanTool {
  readonly name: string
  readonly kind: ToolKind
  readonly about: string
  readonly input: JsonObject
  readonly check: SchemaCheck
  /** JSON Schema of its result, where one was given. */
  readonly output: JsonObject | null
  readonly effect: 'read' | 'write'
  readonly risk: 'low' | 'medium' | 'high'
  readonly idempotent: boolean
  readonly undo: string | null
  readonly trust: 'trusted' | 'untrusted'
  readonly timeoutMs: number
  readonly retry: ReadonlyMap<string, RetryRule>
}

/** One `from` entry: every value at `argument` must be among those at `sources`. */
export interface Provenance {
  readonly argument: JsonPath
  readonly sources: readonly JsonPath[]
}

export interface PlanGate {
  readonly name: string
  readonly about: string | null
  readonly needs: readonly string[]
  readonly allow: Condition | null
  readonly from: readonly Provenance[]
  readonly limit: { readonly calls: number; readonly per: JsonPath | null } | null
  readonly confirm: boolean
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
}

export interface PlanBudget {
  readonly transitions: number
  readonly calls: number
  readonly tokens: number | null
  readonly seconds: number | null
}

export interface Plan {
  readonly name: string
  readonly digest: string
  readonly spec: WorkflowSpec
  readonly instructions: Template | null
  readonly scope: 'strict' | 'stable'
  readonly input: SchemaCheck | null
  /** Every tool that some step has in scope or a gate names, by name. */
  readonly tools: ReadonlyMap<string, PlanTool>
  /** The union of all steps' tools, sorted: what `stable` sends at every call. */
  readonly toolNames: readonly string[]
  readonly gatesOn: ReadonlyMap<string, readonly PlanGate[]>
  readonly budget: PlanBudget
  readonly steps: ReadonlyMap<string, PlanStep>
  readonly start: string
}
