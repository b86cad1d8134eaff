import { errorAt, type Issue, type IssuePath } from '../issue.ts'
import type { Plan, PlanTool, ToolFacts } from '../plan.ts'
import type { WorkflowSpec } from '../spec.ts'
import { namedSteps, workflowKey } from './named-steps.ts'

/*
 * Workflows that a workflow runs: for each item of a step, or as a tool (S3.18). They are compiled
 * before it, so that none can run itself.
 */

/** How deep sub-runs may go: a run is 0, its sub-runs 1. */
export const MAX_DEPTH = 4

/** Something that runs a sub-workflow, and the name under which the plan knows it. */
export interface SubWorkflow {
  readonly key: string
  readonly ref: string | WorkflowSpec
  readonly at: IssuePath
}

/** Every sub-workflow that a spec names, in the order in which it names them. */
export function subWorkflows(spec: WorkflowSpec): readonly SubWorkflow[] {
  const found: SubWorkflow[] = []
  const add = (ref: string | WorkflowSpec | undefined, at: IssuePath): void => {
    if (ref !== undefined) found.push({ key: workflowKey(ref, at), ref, at })
  }
  for (const [name, tool] of Object.entries(spec.tools ?? {})) {
    add(tool.workflow, ['tools', name, 'workflow'])
  }
  for (const step of namedSteps(spec)) add(step.spec.run, [...step.at, 'run'])
  return found
}

/** The compiled sub-workflows by name; an issue for each that is not there, or lies too deep. */
export function findWorkflows(
  spec: WorkflowSpec,
  known: {
    readonly library: { readonly workflows?: ReadonlyMap<string, Plan> }
    readonly issues: Issue[]
  },
): ReadonlyMap<string, Plan> {
  const found = new Map<string, Plan>()
  for (const { key, at } of subWorkflows(spec)) {
    const plan = known.library.workflows?.get(key)
    if (plan === undefined) known.issues.push(errorAt(at, `the workflow ${key} was not loaded`))
    else if (depthOf(plan) >= MAX_DEPTH) {
      known.issues.push(errorAt(at, `sub-runs go at most ${MAX_DEPTH} deep`))
    } else found.set(key, plan)
  }
  return found
}

function depthOf(plan: Plan): number {
  return 1 + Math.max(-1, ...[...plan.workflows.values()].map(depthOf))
}

/** What is known of the tools that are sub-runs: what their workflows say of themselves. */
export function workflowTools(
  spec: WorkflowSpec,
  workflows: ReadonlyMap<string, Plan>,
): ReadonlyMap<string, ToolFacts> {
  const facts = new Map<string, ToolFacts>()
  for (const [name, tool] of Object.entries(spec.tools ?? {})) {
    if (tool.workflow === undefined) continue
    const plan = workflows.get(workflowKey(tool.workflow, ['tools', name, 'workflow']))
    if (plan === undefined) {
      facts.set(name, { about: '', input: {} })
      continue
    }
    facts.set(name, {
      about: plan.spec.about ?? `Run the workflow ${plan.name}.`,
      input: plan.spec.input ?? { type: 'object' },
      effect: writes(plan) ? 'write' : 'read',
    })
  }
  return facts
}

function writes(plan: Plan): boolean {
  return (
    plan.toolNames.some((name) => plan.tools.get(name)?.effect === 'write') ||
    [...plan.workflows.values()].some(writes)
  )
}

/** Every tool name of which a fold keeps a history. */
export function historiesOf(
  tools: ReadonlyMap<string, PlanTool>,
  workflows: ReadonlyMap<string, Plan>,
): readonly string[] {
  const below = [...workflows.values()].flatMap((plan) => plan.histories)
  return [...new Set([...tools.keys(), ...below])]
}
