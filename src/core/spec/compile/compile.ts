import { compileArtifacts } from './compile-artifacts.ts'
import { compileGates } from './compile-gates.ts'
import { compileGuidelines } from './compile-guidelines.ts'
import { compileHandoff } from './compile-handoff.ts'
import { compileApproval, compileBudget } from './compile-limits.ts'
import { compileMemory } from './compile-memory.ts'
import { compileDecisions, policyText } from './compile-policy.ts'
import { compileSlots } from './compile-slots.ts'
import { compileSteps } from './compile-steps.ts'
import { compileText } from './compile-text.ts'
import { compileSecretSchema } from './compile-secrets.ts'
import { compileTools } from './compile-tools.ts'
import { findWorkflows, historiesOf, workflowTools } from './compile-workflows.ts'
import { checkGraph } from './check.ts'
import { digestOf } from '../digest.ts'
import { errorAt, firstIssues, legalNames, type Issue } from '../issue.ts'
import type { Json } from '../json.ts'
import { namedSteps } from './named-steps.ts'
import type { Plan, PlanTool, ToolFacts } from '../plan.ts'
import { checkPrices } from '../prices.ts'
import type { WorkflowSpec } from '../spec.ts'

/*
 * Spec in, plan out. Every name is resolved and every condition, template and schema compiled, so
 * that a workflow which compiles cannot fail later for how it was written.
 */

/** What is known from outside the spec: implementations by tool name, and what else it rests on. */
export interface Library {
  readonly tools: ReadonlyMap<string, ToolFacts>
  /** Digests of the modules that hold tools; part of the workflow's digest. */
  readonly modules?: Readonly<Record<string, string>>
  /** Sub-workflows by `workflowKey`, each compiled already. */
  readonly workflows?: ReadonlyMap<string, Plan>
}

export type Compiled =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/**
 * Compiles a parsed spec. All issues are reported at once, each with its path; with any error there
 * is no plan.
 */
export function compile(spec: WorkflowSpec, library: Library): Compiled {
  const issues: Issue[] = []
  const workflows = findWorkflows(spec, { library, issues })
  const facts = new Map([...library.tools, ...workflowTools(spec, workflows)])
  const tools = compileTools(spec, { facts, issues })
  const steps = compileSteps(spec, { tools, issues })
  const artifacts = compileArtifacts(spec, { tools, steps: new Set(steps.keys()), issues })
  const slots = compileSlots(spec, issues)
  const gatesOn = compileGates(spec, { tools, issues })
  const start = startOf(spec, { steps: steps.keys(), issues })
  const input = compileSecretSchema(spec.input, { at: ['input'], issues, own: null })
  const instructions =
    spec.instructions === undefined
      ? null
      : compileText(spec.instructions, { at: ['instructions'], input: spec.input, issues })
  const handoff = compileHandoff(spec, { tools, steps: new Set(steps.keys()), issues })
  const memory = compileMemory(spec, issues)
  const guidelines = compileGuidelines(spec, issues)
  if (issues.some(isError)) {
    const doubts = issues.filter((issue) => !isError(issue))
    return { ok: false, issues: firstIssues([...issues.filter(isError), ...doubts]) }
  }
  const plan: Plan = {
    name: spec.workflow,
    digest: definitionDigest(spec, { start, library, used: namedTools(spec, tools), workflows }),
    spec,
    modules: library.modules ?? {},
    instructions,
    scope: spec.scope ?? 'strict',
    input: input.check,
    secretInput: input.secrets,
    tools,
    toolNames: [...new Set([...steps.values()].flatMap((step) => step.tools))].toSorted(),
    gatesOn,
    budget: compileBudget(spec.budget),
    prices: new Map(Object.entries(spec.prices ?? {})),
    approval: { ...compileApproval(spec.approval), risk: spec.approval?.risk ?? 'high' },
    people: spec.people === undefined ? null : new Map(Object.entries(spec.people)),
    handoff,
    artifacts,
    slots,
    decisions: compileDecisions(spec),
    memory,
    guidelines,
    policy: policyText(spec),
    workflows,
    histories: historiesOf(tools, workflows),
    steps,
    start,
    outer: null,
  }
  const prices = checkPrices(plan)
  if (prices.length > 0) return { ok: false, issues: firstIssues([...prices, ...issues]) }
  return { ok: true, plan, warnings: [...issues, ...checkGraph(plan)] }
}

/** The step with which a run begins. */
function startOf(
  spec: WorkflowSpec,
  on: { readonly steps: Iterable<string>; readonly issues: Issue[] },
): string {
  const start = spec.start ?? namedSteps(spec)[0]?.name ?? ''
  const steps = new Set(on.steps)
  if (steps.has(start)) return start
  on.issues.push(
    spec.start === undefined
      ? errorAt(['steps'], 'a workflow needs at least one step')
      : errorAt(['start'], `there is no step \`${start}\`; ${legalNames(start, steps)}`),
  )
  return start
}

function isError(issue: Issue): boolean {
  return issue.severity === 'error'
}

/**
 * Names a definition by its content: stable under key order, comments and white space, and under
 * the language it is written in. It covers the spec, the modules, and what the tools from outside
 * say of themselves (schema, effect, risk …); of code given to createRuntime it cannot see more
 * (Law 13). The start is written out because the first key of a map means something and canonical
 * JSON sorts keys.
 */
function definitionDigest(
  spec: WorkflowSpec,
  rest: {
    readonly start: string
    readonly library: Library
    readonly used: ReadonlySet<string>
    readonly workflows: ReadonlyMap<string, Plan>
  },
): string {
  const facts = [...rest.library.tools]
    .filter(([name]) => rest.used.has(name))
    .map(([name, tool]) => [name, { ...tool, check: undefined }] as const)
  const written: Json = JSON.parse(
    JSON.stringify({
      spec: { ...spec, start: rest.start },
      modules: rest.library.modules ?? {},
      ...(rest.workflows.size === 0
        ? {}
        : {
            workflows: Object.fromEntries(
              [...rest.workflows].map(([key, plan]) => [key, plan.digest]),
            ),
          }),
      tools: Object.fromEntries(facts),
    }),
  )
  return digestOf(written)
}

/** The tools that this workflow names anywhere: a runtime's others do not matter to it. */
function namedTools(spec: WorkflowSpec, tools: ReadonlyMap<string, PlanTool>): ReadonlySet<string> {
  const inSteps = namedSteps(spec).flatMap((step) => step.spec.tools ?? [])
  const inGates = Object.values(spec.gates ?? {}).flatMap((gate) => [gate.on, gate.needs ?? []])
  const undos = Object.keys(spec.tools ?? {}).flatMap((name) => tools.get(name)?.undo?.tool ?? [])
  return new Set([...inSteps, ...inGates.flat(2), ...undos, ...Object.keys(spec.tools ?? {})])
}
