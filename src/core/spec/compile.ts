import { compileGates } from './compile-gates.ts'
import { compileSteps, namedSteps } from './compile-steps.ts'
import { compileTools } from './compile-tools.ts'
import { checkGraph } from './check.ts'
import { digestOf } from './digest.ts'
import { errorAt, legalNames, type Issue } from './issue.ts'
import type { Json } from './json.ts'
import { compileSchema } from './json-schema.ts'
import type { Plan, ToolFacts } from './plan.ts'
import type { WorkflowSpec } from './spec.ts'
import { compileTemplate } from './template.ts'

/*
 * Spec in, plan out. Every name is resolved and every condition, template and schema compiled, so
 * that a workflow which compiles cannot fail later for how it was written.
 */

/** What is known from outside the spec: implementations by tool name, and what else it rests on. */
export interface Library {
  readonly tools: ReadonlyMap<string, ToolFacts>
  /** Digests of the modules that hold tools; part of the workflow's digest. */
  readonly modules?: Readonly<Record<string, string>>
}

export type Compiled =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] }

const DEFAULT_TRANSITIONS = 500
const DEFAULT_CALLS = 100

/**
 * Compiles a parsed spec. All issues are reported at once, each with its path; with any error there
 * is no plan.
 */
export function compile(spec: WorkflowSpec, library: Library): Compiled {
  const issues: Issue[] = []
  const tools = compileTools(spec, { facts: library.tools, issues })
  const steps = compileSteps(spec, { tools, issues })
  const gatesOn = compileGates(spec, { tools, issues })
  const start = spec.start ?? namedSteps(spec)[0]?.name ?? ''
  if (!steps.has(start)) {
    issues.push(
      spec.start === undefined
        ? errorAt(['steps'], 'a workflow needs at least one step')
        : errorAt(['start'], `there is no step \`${start}\`; ${legalNames(start, steps.keys())}`),
    )
  }
  const input = spec.input === undefined ? null : compileSchema(spec.input)
  if (input?.ok === false) issues.push(errorAt(['input'], `not a JSON Schema: ${input.message}`))
  const instructions = spec.instructions === undefined ? null : compileTemplate(spec.instructions)
  if (instructions?.ok === false) {
    issues.push(errorAt(['instructions'], instructions.error.message))
  }
  if (issues.some((issue) => issue.severity === 'error')) {
    return { ok: false, issues }
  }
  const plan: Plan = {
    name: spec.workflow,
    digest: definitionDigest(spec, { start, modules: library.modules ?? {} }),
    spec,
    instructions: instructions?.ok === true ? instructions.template : null,
    scope: spec.scope ?? 'strict',
    input: input?.ok === true ? input.check : null,
    tools,
    toolNames: [...new Set([...steps.values()].flatMap((step) => step.tools))].toSorted(),
    gatesOn,
    budget: {
      transitions: spec.budget?.transitions ?? DEFAULT_TRANSITIONS,
      calls: spec.budget?.calls ?? DEFAULT_CALLS,
      tokens: spec.budget?.tokens ?? null,
      seconds: spec.budget?.seconds ?? null,
    },
    steps,
    start,
  }
  return { ok: true, plan, warnings: [...issues, ...checkGraph(plan)] }
}

/**
 * Names a definition by its content: stable under key order, comments and white space. The start is
 * written out because the first key of a map means something and canonical JSON sorts keys.
 */
function definitionDigest(
  spec: WorkflowSpec,
  rest: { readonly start: string; readonly modules: Readonly<Record<string, string>> },
): string {
  const written: Json = JSON.parse(JSON.stringify({ ...spec, start: rest.start }))
  return digestOf({ spec: written, modules: { ...rest.modules } })
}
