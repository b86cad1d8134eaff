import type { Plan } from '../../core/spec/plan.ts'

/** A workflow's plan and those of the workflows that it runs, at any depth. */
export function allPlans(plan: Plan): readonly Plan[] {
  return [plan, ...[...plan.workflows.values()].flatMap(allPlans)]
}
