import type { WorkflowSpec } from '../core/spec/spec.ts'
import type { LoadedWorkflow } from '../drive/load/loaded-workflow.ts'
import type { Runtime } from '../drive/runtime.ts'

/** Compiled workflows of requests, by what they say: the same agent asks again and again. */
export interface PlanCache {
  /** Loads a spec, or finds it loaded. Rejects with `invalid_workflow`, as `Runtime.load` does. */
  load(spec: WorkflowSpec, runtime: Runtime): Promise<LoadedWorkflow>
}

const MAX_PLANS = 200
const MAX_CHARACTERS = 50_000

/** Keeps the newest few. A plan is the same for every runtime of one server: they share its tools. */
export function createPlanCache(): PlanCache {
  const plans = new Map<string, LoadedWorkflow>()
  return {
    async load(spec, runtime) {
      // Guidelines are read from a folder that may change.
      const key = spec.guidelines === undefined ? JSON.stringify(spec) : ''
      if (key === '' || key.length > MAX_CHARACTERS) return runtime.load(spec)
      const known = plans.get(key)
      const loaded = known ?? (await runtime.load(spec))
      plans.delete(key)
      plans.set(key, loaded)
      const [oldest] = plans.keys()
      if (plans.size > MAX_PLANS && oldest !== undefined) plans.delete(oldest)
      return loaded
    },
  }
}
