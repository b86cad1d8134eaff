import type { IssuePath } from '../issue.ts'
import type { ListStepSpec, StepSpec, WorkflowSpec } from '../spec.ts'

/** A step with its name filled in, and where it stands. */
export interface NamedStep {
  readonly name: string
  readonly spec: StepSpec
  readonly at: IssuePath
  /** The following step of a list, which is next unless `next` says otherwise. */
  readonly following: string | null
}

/** The steps in the order they were written, with the names of a list filled in. */
export function namedSteps(spec: WorkflowSpec): readonly NamedStep[] {
  const { steps } = spec
  if (!isList(steps)) {
    return Object.entries(steps).map(([name, step]) => ({
      name,
      spec: step,
      at: ['steps', name],
      following: null,
    }))
  }
  const nameOf = (index: number): string => steps[index]?.name ?? `step-${index + 1}`
  return steps.map((step, index) => ({
    name: nameOf(index),
    spec: step,
    at: ['steps', index],
    following: index + 1 < steps.length ? nameOf(index + 1) : null,
  }))
}

function isList(steps: WorkflowSpec['steps']): steps is readonly ListStepSpec[] {
  return Array.isArray(steps)
}

/** Names a sub-workflow: by its path, or by where it stands when it is written in place. */
export function workflowKey(ref: string | WorkflowSpec, at: IssuePath): string {
  return typeof ref === 'string' ? ref : at.join('.')
}
