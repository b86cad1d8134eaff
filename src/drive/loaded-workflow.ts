import type { AnyTool } from '../core/spec/define.ts'
import type { Issue } from '../core/spec/issue.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Place } from '../dialect/document.ts'
import type { ToolRunner } from '../tool/tool.ts'

export interface LoadedWorkflow {
  readonly plan: Plan
  readonly runners: ReadonlyMap<string, ToolRunner>
  /** The file it was read from; null when it was made in code. */
  readonly source: string | null
  readonly warnings: readonly PlacedIssue[]
}

/** An issue with its place in the file, where there is a file. */
export interface PlacedIssue extends Issue {
  readonly file?: string
  readonly place?: Place
}

export type Loaded =
  | { readonly ok: true; readonly workflow: LoadedWorkflow }
  | { readonly ok: false; readonly issues: readonly PlacedIssue[] }

/** Tools given in code, by name: `defineTool` objects, or AI SDK `tool({...})` objects as they are. */
export type InlineTools = Readonly<Record<string, AnyTool | AiSdkTool>>

/** What an AI SDK tool looks like from here. */
export interface AiSdkTool {
  readonly inputSchema: unknown
  readonly description?: unknown
  readonly execute?: unknown
}

export interface LoadOptions {
  readonly tools?: InlineTools
  /** Reads `env.NAME` in headers of HTTP tools. */
  readonly env?: Readonly<Record<string, string | undefined>>
}
