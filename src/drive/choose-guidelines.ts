import { taskOf } from '../core/spec/guideline/guideline-task.ts'
import type { SelectedGuidelines } from '../core/spec/guideline/select-guidelines.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { Mind } from '../mind/mind.ts'
import type { Embed } from '../store/memory-bank/memory-bank.ts'

/**
 * What a run is told of its workflow's guidelines, chosen once, before its first event (S0.22,
 * Law 12); null of a workflow that has none. A model or an embedding model that does not answer stops
 * no run.
 */
export async function chooseGuidelines(
  plan: Plan,
  on: {
    readonly id: string
    /** With references in the place of secrets: models read it (Law 17). */
    readonly input: JsonObject
    readonly start: {
      readonly model?: string
      readonly signal?: AbortSignal
    }
    readonly mind: Mind
    readonly embed: Embed | undefined
  },
): Promise<SelectedGuidelines | null> {
  const { guidelines } = plan
  if (guidelines === null) return null
  const { id, input, start, mind, embed } = on
  const { required, match, mode, budget, library } = guidelines
  const { applyGuidelines } = await import('../guideline/apply-guidelines.ts')
  return applyGuidelines(library, {
    ids: required.map((each) => each.id),
    task: taskOf(plan, input),
    match,
    mode,
    budget,
    mind,
    run: id,
    model: start.model ?? plan.spec.model ?? null,
    ...(embed === undefined ? {} : { embed }),
    ...(start.signal === undefined ? {} : { signal: start.signal }),
  })
}
