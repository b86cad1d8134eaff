/*
 * lockstep: author workflows and run them. Importing it loads no validator and no provider.
 */

// Authors.
export { defineTool, defineWorkflow, ToolError } from './core/spec/define.ts'
export type { AnyTool, StandardSchema, ToolContext, ToolDefinition } from './core/spec/define.ts'
export type { GateSpec, StepSpec, ToolSpec, WorkflowSpec } from './core/spec/spec.ts'
export type { Json, JsonObject } from './core/spec/json.ts'

// The runtime.
export { createRuntime } from './drive/runtime.ts'
export type { Runtime } from './drive/runtime.ts'
export type { ResumeOptions, RuntimeOptions, StartOptions } from './drive/runtime-options.ts'
export type { ApprovalAnswer, Confirmation } from './drive/approve.ts'
export type { ClientResult, DoubtAnswer } from './drive/first-events.ts'
export type { Run } from './drive/run.ts'
export type { CheckpointShown, RewindOptions } from './drive/go-back.ts'
export type { ForkOptions } from './drive/fork.ts'
export { loadWorkflow, loadWorkflowFile } from './drive/load/load-workflow.ts'
export type { Loaded, LoadedWorkflow, PlacedIssue } from './drive/load/loaded-workflow.ts'
export { LockstepError } from './drive/lockstep-error.ts'
export type { SecretKey } from './drive/open-vault.ts'
export type { CheckContext, GateCheck } from './tool/check.ts'
// What was enforced, and whether a log is the one that was written.
export { auditRun } from './drive/audit.ts'
export type { Audit, Evidence } from './drive/audit.ts'
export { readPublicKey } from './store/chain/seal.ts'
export type { Damage } from './store/chain/damage.ts'

export { memoryStore } from './store/memory.ts'
export { StoreError } from './store/store.ts'
export type { Store } from './store/store.ts'
// Notes that outlive runs; a file of them is `sqliteMemory` of lockstep/sqlite.
export { inMemoryBank } from './store/memory-bank/in-memory-bank.ts'
export { MemoryBankError } from './store/memory-bank/memory-bank.ts'
export type { Embed, MemoryBank, MemoryItem } from './store/memory-bank/memory-bank.ts'
// Guidelines of a host, for `createRuntime({ guidelines })`.
export { loadGuidelines } from './guideline/load-guidelines.ts'
export type { LoadedGuidelines } from './guideline/load-guidelines.ts'
export type { Guideline, GuidelinesSpec } from './core/spec/guideline/guideline.ts'
export { embedWith } from './mind/ai-sdk-embed.ts'
export { aiSdkMind } from './mind/ai-sdk.ts'
export { MindError } from './mind/mind.ts'
export type { Mind, MindAnswer, MindRequest } from './mind/mind.ts'

// The words of the log, for readers of it; the kernel itself is `lockstep/kernel`.
export type { RunRecord } from './core/log/record/run-record.ts'
export type { Handoff } from './core/log/handoff.ts'
export type { HandoffRecord } from './core/log/record/handoff-record.ts'
export type { HandoffDelivery } from './perform/handoff-delivery.ts'
export type { Plan } from './core/spec/plan.ts'
export type { Event, EventBody, Reason, Verdict } from './core/log/event.ts'
export type { Effect } from './core/decide/effect.ts'
