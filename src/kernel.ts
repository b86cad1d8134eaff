/*
 * lockstep/kernel: the pure kernel by itself, for other hosts (S0.35): spec → plan, log → state,
 * plan + state → move, and the one loop.
 */
export { parseSpec } from './core/spec/parse-spec.ts'
export { compile } from './core/spec/compile/compile.ts'
export { splitTools } from './core/spec/split-tools.ts'
export { workflowJsonSchema } from './core/spec/schema.ts'
export type { WorkflowSpec } from './core/spec/spec.ts'
export type { Plan, PlanTool, ToolFacts } from './core/spec/plan.ts'
export { createFold, fold } from './core/log/fold/fold.ts'
export { runRecord } from './core/log/record/run-record.ts'
export { ledger } from './core/log/ledger/ledger.ts'
export type { LedgerEntry } from './core/log/ledger/ledger-line.ts'
export type { RunRecord } from './core/log/record/run-record.ts'
export type { Event, EventBody, Reason, Verdict } from './core/log/event.ts'
export type { State } from './core/log/state.ts'
export { decide } from './core/decide/decide.ts'
export type { Move } from './core/decide/move.ts'
export type { Effect } from './core/decide/effect.ts'
export { drive } from './drive/drive.ts'
export type { Driven } from './drive/drive.ts'
export type { Drive } from './drive/drive-options.ts'
