import type { PlanApproval, PlanBudget, PlanSpan } from '../plan.ts'
import type { ApprovalSpec, BudgetSpec, SpanBudget } from '../spec.ts'

const DEFAULT_TRANSITIONS = 500
const DEFAULT_CALLS = 100
const DEFAULT_EXPIRES_SECONDS = 86_400

/** Fills in a span's limits; null where there is none. */
export function compileSpan(spec: SpanBudget | undefined): PlanSpan {
  return {
    calls: spec?.calls ?? null,
    tokens: spec?.tokens ?? null,
    usd: spec?.usd ?? null,
    seconds: spec?.seconds ?? null,
  }
}

export function compileBudget(spec: BudgetSpec | undefined): PlanBudget {
  return {
    transitions: spec?.transitions ?? DEFAULT_TRANSITIONS,
    run: { ...compileSpan(spec), calls: spec?.calls ?? DEFAULT_CALLS },
    turn: compileSpan(spec?.turn),
  }
}

/** Who approves: a gate's own word goes before the workflow's, key by key. */
export function compileApproval(...specs: readonly (ApprovalSpec | undefined)[]): PlanApproval {
  const merged: ApprovalSpec = Object.assign({}, ...specs.toReversed())
  const { approvers = 1, by = [], expires = DEFAULT_EXPIRES_SECONDS } = merged
  return { approvers, by, expiresMs: expires * 1000 }
}
