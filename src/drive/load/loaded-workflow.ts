import type { Branch } from '../../core/log/branch.ts'
import type { State } from '../../core/log/state.ts'
import type { AnyTool } from '../../core/spec/define.ts'
import type { Guideline } from '../../core/spec/guideline/guideline.ts'
import type { Issue } from '../../core/spec/issue.ts'
import type { Plan } from '../../core/spec/plan.ts'
import type { Place } from '../../dialect/document.ts'
import type { GateCheck } from '../../tool/check.ts'
import type { ToolRunner } from '../../tool/tool.ts'

/** What executes a workflow's tools and answers its checks; its sub-workflows have their own. */
export interface Executors {
  readonly runners: ReadonlyMap<string, ToolRunner>
  readonly checks: ReadonlyMap<string, GateCheck>
  readonly workflows: ReadonlyMap<string, Executors>
}

/** The executors of the workflow that a branch follows. */
export function workflowOf(root: Executors, state: State, branch: Branch): Executors {
  if (branch.parent === null) return root
  const parent = state.branches.get(branch.parent.branch)
  const above = parent === undefined ? root : workflowOf(root, state, parent)
  return above.workflows.get(branch.parent.workflow) ?? above
}

export interface LoadedWorkflow extends Executors {
  readonly plan: Plan
  readonly workflows: ReadonlyMap<string, LoadedWorkflow>
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
  /** Functions of gates in code, by gate. */
  readonly checks?: Readonly<Record<string, GateCheck>>
  /** For workflows that neither name a folder of guidelines nor have one beside their file. */
  readonly guidelines?: readonly Guideline[]
  /** Reads `env.NAME` in headers of HTTP tools. */
  readonly env?: Readonly<Record<string, string | undefined>>
}
