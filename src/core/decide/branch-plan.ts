import type { Branch } from '../log/branch.ts'
import type { State } from '../log/state.ts'
import type { Plan } from '../spec/plan.ts'

/** The plan that a branch follows, with those of what waits for it: its parent's knows it by name. */
export function planOf(plan: Plan, state: State, branch: Branch): Plan {
  if (branch.parent === null) return plan
  const parent = state.branches.get(branch.parent.branch)
  const above = parent === undefined ? plan : planOf(plan, state, parent)
  const found = above.workflows.get(branch.parent.workflow)
  if (found === undefined) throw new RangeError(`no workflow ${branch.parent.workflow}`)
  return { ...found, outer: above }
}
