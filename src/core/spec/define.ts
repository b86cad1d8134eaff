import type { Json, JsonObject } from './json.ts'
import type { RetryRule, WorkflowSpec } from './spec.ts'

/** What a tool gets beside its arguments. */
export interface ToolContext {
  readonly runId: string
  readonly callId: string
  /** Stays the same over every retry of this call: hand it on to make a write happen once. */
  readonly idempotencyKey: string
  readonly attempt: number
  /** Aborts when the run is cancelled or the tool's time is up. */
  readonly signal: AbortSignal
}

/** The part of the Standard Schema interface (https://standardschema.dev) that is used here. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: string }) => Record<string, unknown>
    }
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A tool as its author writes it in TypeScript (an AI SDK `tool({...})` is accepted as well). */
export interface ToolDefinition<Args = never> {
  readonly about: string
  /** JSON Schema, or a Standard Schema such as zod's, whose output `execute` gets. */
  readonly input: JsonObject | StandardSchema<Args>
  readonly output?: JsonObject
  readonly effect?: 'read' | 'write'
  readonly risk?: 'low' | 'medium' | 'high'
  readonly idempotent?: boolean
  readonly timeout?: number
  readonly retry?: Readonly<Record<string, RetryRule>>
  /** Returns JSON; throws a ToolError (or anything with a `code`) when it fails. */
  readonly execute: (args: Args, context: ToolContext) => unknown
}

/** A tool whatever its arguments are. */
export type AnyTool = Omit<ToolDefinition, 'input'> & {
  readonly input: JsonObject | StandardSchema
}

/**
 * Types a tool's arguments from its schema; returns the same object.
 * With a JSON Schema the arguments are plain JSON.
 */
export function defineTool<Args = JsonObject>(tool: ToolDefinition<Args>): ToolDefinition<Args> {
  return tool
}

/** Types a workflow written in TypeScript; returns the same object. `compile` checks it. */
export function defineWorkflow(workflow: WorkflowSpec): WorkflowSpec {
  return workflow
}

/**
 * Thrown by a tool to fail with a code that rules can read, and a category that says what it is
 * about: an access failure is `permission`, never an empty result. `executed: false` says that
 * nothing happened, which gives back what a `limit` gate had reserved.
 */
export class ToolError extends Error {
  readonly code: string
  readonly category: 'transient' | 'validation' | 'business' | 'permission' | undefined
  readonly retryable: boolean | undefined
  readonly retryAfterSeconds: number | undefined
  readonly executed: boolean | undefined
  readonly details: Json | undefined

  constructor(
    message: string,
    options: {
      readonly code: string
      /** What the failure is about; read from the code where that is a common one. */
      readonly category?: 'transient' | 'validation' | 'business' | 'permission'
      /** False: no retry rule is followed. */
      readonly retryable?: boolean
      readonly retryAfterSeconds?: number
      readonly executed?: boolean
      readonly details?: Json
      readonly cause?: unknown
    },
  ) {
    super(message, { cause: options.cause })
    this.name = 'ToolError'
    this.code = options.code
    this.category = options.category
    this.retryable = options.retryable
    this.retryAfterSeconds = options.retryAfterSeconds
    this.executed = options.executed
    this.details = options.details
  }
}
