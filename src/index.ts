/*
 * lockstep: author workflows, run them, and use the kernel by itself.
 */

// Authors.
export { defineTool, defineWorkflow, ToolError } from './core/spec/define.ts'
export type { AnyTool, StandardSchema, ToolContext, ToolDefinition } from './core/spec/define.ts'
export type { GateSpec, StepSpec, ToolSpec, WorkflowSpec } from './core/spec/spec.ts'
export type { Json, JsonObject } from './core/spec/json.ts'

// The runtime.
export { createRuntime } from './drive/runtime.ts'
export type { ResumeOptions, Runtime, RuntimeOptions, StartOptions } from './drive/runtime.ts'
export type { ClientResult, DoubtAnswer, Run } from './drive/run.ts'
export { loadWorkflow, loadWorkflowFile } from './drive/load-workflow.ts'
export type { Loaded, LoadedWorkflow, PlacedIssue } from './drive/load-workflow.ts'
export { LockstepError } from './drive/lockstep-error.ts'
export { memoryStore } from './store/memory.ts'
export { StoreError } from './store/store.ts'
export type { Store } from './store/store.ts'
export { aiSdkMind } from './mind/ai-sdk.ts'
export { MindError } from './mind/mind.ts'
export type { Mind, MindAnswer, MindRequest } from './mind/mind.ts'

// The kernel by itself (S0.35).
export { parseSpec } from './core/spec/parse-spec.ts'
export { compile } from './core/spec/compile.ts'
export { splitTools } from './core/spec/split-tools.ts'
export { workflowJsonSchema } from './core/spec/schema.ts'
export type { Plan, PlanTool, ToolFacts } from './core/spec/plan.ts'
export { createFold, fold } from './core/log/fold.ts'
export { runRecord } from './core/log/run-record.ts'
export type { RunRecord } from './core/log/run-record.ts'
export type { Event, EventBody, Reason, Verdict } from './core/log/event.ts'
export type { State } from './core/log/state.ts'
export { decide } from './core/decide/decide.ts'
export type { Move } from './core/decide/move.ts'
export type { Effect } from './core/decide/effect.ts'
export { drive } from './drive/drive.ts'
export type { Drive, Driven } from './drive/drive.ts'
