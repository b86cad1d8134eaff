import type { StepSpec, WorkflowSpec } from '../../core/spec/spec.ts'
import type { Suite, SuiteTask } from './case-file.ts'
import { loadVariant, type StubbedWorkflow } from './stubbed-workflow.ts'

/*
 * One workflow under three defences, so that each can be seen to do its part: no more tools than a
 * task needs, the gates, and both.
 */

export type Defence = 'scope' | 'gates' | 'both'

export const DEFENCES: readonly Defence[] = ['scope', 'gates', 'both']

/** The workflow with no more tools than the honest task uses, without its gates, and with both. */
export async function defencesFor(
  stubbed: StubbedWorkflow,
  on: { readonly suite: Suite; readonly task: SuiteTask },
): Promise<Readonly<Record<Defence, StubbedWorkflow>>> {
  const { spec, names, workflow } = stubbed
  const used = new Set(on.task.events.map(({ call }) => names.get(call.name) ?? call.name))
  const narrow = narrowed(spec, used)
  const { gates: _, ...bare } = narrow
  const options = { described: on.suite.tools, source: workflow.source }
  return {
    scope: await loadVariant(bare, options),
    gates: stubbed,
    both: await loadVariant(narrow, options),
  }
}

function narrowed(spec: WorkflowSpec, used: ReadonlySet<string>): WorkflowSpec {
  const only = <Step extends StepSpec>(step: Step): Step => ({
    ...step,
    tools: (step.tools ?? []).filter((tool) => used.has(tool)),
  })
  if (isList(spec.steps)) return { ...spec, steps: spec.steps.map(only) }
  const steps = Object.entries(spec.steps).map(([name, step]) => [name, only(step)] as const)
  return { ...spec, steps: Object.fromEntries(steps) }
}

function isList(
  steps: WorkflowSpec['steps'],
): steps is Extract<WorkflowSpec['steps'], readonly unknown[]> {
  return Array.isArray(steps)
}
